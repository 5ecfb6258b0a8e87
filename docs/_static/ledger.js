// On the page Fidelity: show only the rows of some grounds (modelled, documented, observed, assumed, not simulated).
document.addEventListener("DOMContentLoaded", () => {
  const rows = [];
  for (const table of document.querySelectorAll("article table")) {
    const head = [...table.querySelectorAll("th")].map((cell) => cell.textContent.trim());
    const column = head.indexOf("ground");
    if (column < 0) continue;
    for (const row of table.querySelectorAll("tbody tr")) {
      rows.push({ row, ground: row.children[column].textContent.trim() });
    }
  }
  if (rows.length === 0) return;

  const form = document.createElement("form");
  form.className = "ledger-filter";
  form.append("Show: ");
  for (const ground of [...new Set(rows.map((each) => each.ground))].sort()) {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true, value: ground });
    const count = rows.filter((each) => each.ground === ground).length;
    label.append(box, ` ${ground} (${count}) `);
    form.append(label);
  }
  form.addEventListener("change", () => {
    const shown = new Set([...form.querySelectorAll(":checked")].map((box) => box.value));
    for (const each of rows) each.row.hidden = !shown.has(each.ground);
  });
  document.querySelector("article h1").after(form);
});
