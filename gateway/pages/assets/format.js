/**
 * Writes numbers, sizes and times for people. A number may be the text of one that no double holds.
 */

const NONE = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const exact = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 6 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const some = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const or = (write) => (value) => (value === null || value === undefined ? NONE : write(value));

export const count = or((value) => whole.format(value));
export const money = or((value) => cents.format(value));
export const price = or((value) => exact.format(value));
export const compact = or((value) => short.format(value));
export const rating = or((value) => some.format(value));
export const percent = or((value) => `${tenths.format(value)}%`);
export const when = or((value) => moment.format(new Date(value)));

/** A size in units of 1,000 bytes, as file managers show it. */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${tenths.format(value)} ${units[unit]}`;
}

/** How long something took. */
export const seconds = or((value) =>
  value < 60 ? `${tenths.format(value)} s` : `${whole.format(value / 60)} min`,
);

/** A count with its noun: `1 product`, `2 products`. */
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${Number(value) === 1 ? one : many}`;
}
