/**
 * Draws the charts, in the colours of the page, light or dark. Each stands beside a table with the same numbers.
 */

const LONGEST_LABEL = 24;
const LONGEST_ON_A_PHONE = 13;
const NARROW_PIXELS = 420;
const ROW_PIXELS = 34;
const AXIS_PIXELS = 40;
const drawn = new Set();
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The library; 200 kB, so it is loaded only where there is a chart. */
async function library() {
  await import("./vendor/chart.umd.min.js");
  return globalThis.Chart;
}

/** Draw horizontal bars: `bars` are `{label, value}`, `write` makes a text of a value, `told` what a tip says. */
export function horizontalBars(canvas, bars, options) {
  canvas.parentElement.style.height = `${bars.length * ROW_PIXELS + AXIS_PIXELS}px`;
  return draw(canvas, bars, { ...options, horizontal: true });
}

/** Draw columns. */
export const columns = (canvas, bars, options) => draw(canvas, bars, options);

async function draw(canvas, bars, options) {
  const Chart = await library();
  const make = () =>
    new Chart(
      canvas,
      configuration(
        bars,
        options,
        canvas.parentElement.clientWidth < NARROW_PIXELS ? LONGEST_ON_A_PHONE : LONGEST_LABEL,
      ),
    );
  const entry = { chart: make(), make };
  drawn.add(entry);
  options.signal.addEventListener("abort", () => {
    entry.chart.destroy();
    drawn.delete(entry);
  });
}

// A canvas doesn't follow the style sheet by itself.
dark.addEventListener("change", () => {
  for (const entry of drawn) {
    entry.chart.destroy();
    entry.chart = entry.make();
  }
});

function configuration(bars, { horizontal = false, write, told }, longest) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const text = {
    color: colour("--text-quiet"),
    font: { family: getComputedStyle(document.body).fontFamily, size: 13 },
  };
  const names = {
    grid: { display: false },
    border: { color: colour("--line") },
    ticks: { ...text, autoSkip: false },
  };
  const values = {
    beginAtZero: true,
    grid: { color: colour("--line") },
    border: { display: false },
    ticks: { ...text, maxTicksLimit: 5, callback: (value) => write(value) },
  };
  names.ticks.callback = (index) => shortened(bars[index].label, longest);
  return {
    type: "bar",
    data: {
      labels: bars.map(({ label }) => label),
      datasets: [
        {
          data: bars.map(({ value }) => Number(value)),
          backgroundColor: bars.map(({ muted }) => colour(muted ? "--chart-quiet" : "--chart")),
          hoverBackgroundColor: colour("--accent"),
          borderRadius: 4,
          maxBarThickness: horizontal ? 22 : 56,
        },
      ],
    },
    options: {
      indexAxis: horizontal ? "y" : "x",
      maintainAspectRatio: false,
      animation: false,
      scales: horizontal ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: { display: false },
        tooltip: {
          displayColors: false,
          callbacks: {
            title: ([item]) => shortened(bars[item.dataIndex].label, 60),
            label: (item) => told(bars[item.dataIndex]),
          },
        },
      },
    },
  };
}

function shortened(label, longest) {
  const characters = Array.from(label);
  return characters.length <= longest ? label : `${characters.slice(0, longest - 1).join("")}…`;
}
