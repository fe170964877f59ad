/**
 * Files that are dropped on the page. Wherever that is: a browser would leave the page to show one.
 */

const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;

/** Call `over` with whether files are held over the page, and `dropped` with those that are let go of. */
export function watchDrops({ over, dropped, signal }) {
  window.addEventListener("dragover", (event) => carriesFiles(event) && over(true), { signal });
  window.addEventListener(
    "dragleave",
    // What is left for nothing is the window.
    ({ relatedTarget }) => relatedTarget === null && over(false),
    { signal },
  );
  window.addEventListener(
    "drop",
    (event) => {
      over(false);
      if (carriesFiles(event)) dropped(Array.from(event.dataTransfer.files));
    },
    { signal },
  );
}

for (const name of ["dragover", "drop"])
  window.addEventListener(name, (event) => carriesFiles(event) && event.preventDefault());
