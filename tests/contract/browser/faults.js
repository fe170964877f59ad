// What somebody with a screen reader or a phone would stumble over, as far as it can be read off the elements.
() => {
  const faults = [];
  const seen = (element) => element.checkVisibility();
  const named = (element) => (element.innerText || element.getAttribute("aria-label") || element.title || "").trim();
  for (const input of document.querySelectorAll("input, select, textarea"))
    if (seen(input) && !input.labels.length && !input.getAttribute("aria-label")) faults.push(`unlabelled ${input.outerHTML}`);
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) faults.push(`no alt ${image.outerHTML}`);
  for (const canvas of document.querySelectorAll("canvas"))
    if (canvas.getAttribute("role") !== "img" || !canvas.getAttribute("aria-label")) faults.push("unnamed canvas");
  for (const control of document.querySelectorAll("button, a[href], summary"))
    if (seen(control) && !named(control)) faults.push(`unnamed ${control.outerHTML}`);
  for (const head of document.querySelectorAll("th")) if (!head.scope) faults.push(`no scope ${head.outerHTML}`);
  for (const table of document.querySelectorAll("table")) if (!table.caption) faults.push("table without caption");
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  if (new Set(ids).size !== ids.length) faults.push(`an id twice: ${ids}`);
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  for (const landmark of ["header", "main", "footer"])
    if (document.querySelectorAll(`body > ${landmark}`).length !== 1) faults.push(`not one ${landmark}`);
  const kinds = { NAV: "navigation", SECTION: "region", ASIDE: "complementary", FORM: "form" };
  const label = (element) =>
    element.getAttribute("aria-label") ?? document.getElementById(element.getAttribute("aria-labelledby"))?.textContent ?? "";
  const places = [...document.querySelectorAll("nav, section, aside, form, [role]")]
    .filter((element) => seen(element) && label(element))
    .map((element) => `${element.getAttribute("role") ?? kinds[element.tagName]} ${label(element)}`)
    .filter((place) => /^(navigation|region|complementary|form|search) /.test(place));
  for (const place of new Set(places))
    if (places.filter((one) => one === place).length > 1) faults.push(`a landmark twice: ${place}`);
  if (!document.documentElement.lang) faults.push("no language");
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`scrolls sideways: ${document.documentElement.scrollWidth}`);
  return faults;
}
