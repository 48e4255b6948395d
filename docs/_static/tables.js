// A table wider than a phone's page shows its rows one below the other, each cell with its heading.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("article table.table")) {
    const headings = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
    if (headings.length < 3) continue;
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.children].forEach((cell, i) => {
        cell.dataset.heading = headings[i];
        cell.classList.toggle("nothing", !cell.textContent.trim() && !cell.querySelector("img"));
      });
    }
    table.classList.add("stacks");
  }
});
