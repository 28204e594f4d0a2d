/*
 * check.js - what a browser makes of a report's page, compared with its report.json.
 *
 * Stands in a page of the test's own around the report, which is in an iframe of the width that is
 * asked about: the report's policy lets nothing of ours into itself. Writes `N claims, N wrong` and a
 * line for each that is not so.
 */
"use strict";
const report = JSON.parse(document.getElementById("report").textContent);
const wrong = [];
let claims = 0;

function claim(what, holds) {
  claims++;
  if (!holds) wrong.push(what);
}

/* As words.h writes numbers: what lies between two, an odd sixteenth, goes to the even one. */
function figure(v) {
  if (v === null || v === undefined) return "-";
  const between = (Math.abs(v) * 16) % 2 === 1;
  const digits = (between ? 2 * Math.round(Math.abs(v) * 500) / 1000 : Math.abs(v)).toFixed(3);
  const sign = v < 0 && digits !== "0.000" ? "-" : "";
  return sign + digits.replace(/^0\./, ".");
}
const count = (v) => (v === null ? "-" : v.toLocaleString("en-US"));

function cell(row) {
  if (row === undefined) return "-";
  if (row.withheld || row.suppressed) return "withheld";
  if (row.value === null) return (row.why || "").includes("; withheld: ") ? "withheld" : "not estimable";
  return figure(row.value) + (row.lo === null || row.hi === null ? "" :
    " [" + figure(row.lo) + " " + figure(row.hi) + "]");
}

const plain = (element) => element.textContent.replace(/\s+/g, " ").trim();
/* '?' stands for what could command a reader: controls, and what turns a line around. */
const shown = (name) => name.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
const same = (a, b) => [...a].sort().join("\n") === [...b].sort().join("\n");
const rowsOf = (table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map(plain));
const group = (g) => (g.group === "" ? "everybody" : shown(g.group));

/* A change has its sign, and is withheld with the number that it is of. */
function change(row) {
  const signed = (v) => (v > 0 && figure(v) !== ".000" ? "+" : "") + figure(v);
  if (row.withheld) return "withheld";
  const { value, lo, hi } = row.change;
  if (value === null) return "not estimable";
  return signed(value) + (lo === null || hi === null ? "" : " [" + signed(lo) + " " + signed(hi) + "]");
}

function checkMeasures(doc) {
  for (const list of ["utility", "leakage"]) {
    const cellsOf = (table) => table === null ? [] :
      [...table.querySelectorAll("td:not(.number)")].map(plain);
    const at = "#" + list + " table.measures";
    const [read, same_for_all] = [false, true].map((constant) =>
      report[list].filter((row) => (row.representation === "majority") === constant));
    claim(list + " is what report.json says",
      same(cellsOf(doc.querySelector(at + ":not(.changes)")), read.map(cell)));
    const text = plain(doc.querySelector("#" + list));
    claim("one answer for everybody is as good in " + list + " as report.json says",
      same_for_all.every((row) => row.value === null || text.includes(shown(row[list === "utility" ? "task" : "attribute"]) +
        " " + figure(row.value))));
    claim("changes of " + list + " are what report.json says", same(cellsOf(
      doc.querySelector(at + ".changes")), report[list].filter((row) => row.change).map(change)));
  }
}

function checkSites(doc) {
  const wanted = report.sites.map((site) =>
    [shown(site.name), site.state, count(site.rounds_joined), count(site.rounds_missed)].join());
  const got = rowsOf(doc.querySelector("#sites table")).map((row) => row.slice(0, 4).join());
  claim("sites are those of report.json", same(got, wanted));
}

function checkGates(doc) {
  const table = [...doc.querySelectorAll("#fairness table")].find((t) =>
    t.caption !== null && plain(t.caption).startsWith("Tolerances"));
  const got = table === undefined ? [] : rowsOf(table).map((row) => [row[0], row[1], row[4]].join());
  claim("tolerances are those of report.json",
    same(got, report.gate.map((gate) => [gate.verdict, gate.metric, cell(gate)].join())));
  const listed = [...doc.querySelectorAll("#verdict li > b")].map(plain);
  claim("each has a line in the verdict", report.gate.every((gate) => listed.includes(gate.verdict)));
}

/* The panel that a figure's caption names. */
function panelOf(caption) {
  const is = (row) => caption.includes(shown(row.task) + " by " + shown(row.attribute) + ", " +
    row.representation + " embeddings, " + row.probe + " probe");
  return { rows: report.fairness.filter((row) => is(row) && row.other === null),
    figure: report.figures.find(is) };
}
const rowOf = (panel, metric, threshold) =>
  panel.rows.find((row) => row.metric === metric && row.threshold === threshold);

function checkForest(element, panel) {
  const auc = rowOf(panel, "auc", null), n = rowOf(panel, "n", null);
  const wanted = [...auc.groups, { ...auc, group: "" }, ...n.groups.filter((g) => g.suppressed)];
  const line = (g) => [group(g), count(g.rows), count(g.positives), cell(g)].join();
  claim("the forest's table is report.json's",
    same(rowsOf(element.querySelector("table")).map((row) => row.slice(0, 4).join()),
      wanted.map(line)));
  for (let at = element.nextElementSibling; at && at.matches(".wide"); at = at.nextElementSibling)
    checkThreshold(at.querySelector("table"), panel);
}

function checkThreshold(table, panel) {
  const at = Number(/least (\S+);/.exec(plain(table.caption))[1]);
  const metrics = ["selection_rate", "tpr", "fpr", "ppv", "accuracy"];
  const rows = rowsOf(table);
  rows.slice(0, -1).forEach((row) => {
    const wanted = metrics.map((metric) => {
      const whole = rowOf(panel, metric, at);
      return cell(row[0] === "everybody" ? whole : whole.groups.find((g) => group(g) === row[0]));
    });
    claim("rates of " + row[0] + " at " + at, row.slice(1).join() === wanted.join());
  });
  const gaps = metrics.map((metric) => rowOf(panel, metric.replace("_rate", "") + "_gap", at));
  claim("differences at " + at, rows[rows.length - 1].slice(1).every((text, i) =>
    (gaps[i].value === null ? text === cell(gaps[i]) : text.startsWith(figure(gaps[i].value)) &&
      text.endsWith("floor " + figure(gaps[i].noise_floor)))));
}

/* Every row of the table is a point of report.json, and every curve that has points has some. */
function checkPoints(element, panel, list, columns) {
  const rows = rowsOf(element.querySelector("details table"));
  for (const curve of panel.figure.curves) {
    const points = curve[list].map((point) => columns.map((c) =>
      (c === 6 ? count(point[c]) : figure(point[c]))).join());
    const got = rows.filter((row) => row[0] === group(curve)).map((row) => row.slice(1).join());
    claim(list + " of " + group(curve), (got.length > 0) === (points.length > 0) &&
      got.every((row) => points.includes(row)));
  }
}

function checkControl(element, panel) {
  const input = element.querySelector("input");
  for (const at of ["0", "0.5", "1"]) {
    input.value = at;
    input.dispatchEvent(new Event("input"));
    const rows = rowsOf(element.querySelector(".control table"));
    claim("a row a curve at " + at, rows.length === panel.figure.curves.length);
    panel.figure.curves.forEach((curve, i) => {
      const point = curve.roc.find((p) => figure(p[0]) === rows[i][1]);
      const wanted = point === undefined ? [null, null, null, null] :
        [point[2], point[1], point[4], point[3]];
      claim("the threshold moved to " + at, (point !== undefined) === (curve.roc.length > 0) &&
        rows[i].slice(2).join() === wanted.map(figure).join());
    });
  }
}

/* The table of a search: its points, then what they are compared with. */
function checkFrontier(element) {
  const points = report.frontier.map((p) => [p.point, Object.entries(p.settings)
    .map(([key, value]) => key + "=" + value).join(", "), figure(p.utility), p.task, figure(p.leakage),
    p.attribute].join());
  const references = report.search.references.map((r) => ["", r.representation, figure(r.utility),
    r.task, figure(r.leakage), r.attribute].join());
  const rows = rowsOf(element.querySelector("table"));
  claim("points are those of report.json",
    same(rows.map((row) => row.slice(0, 6).join()), [...points, ...references]));
  claim("one is chosen, and it is report.json's", rows.filter((row) =>
    row[6].startsWith("chosen")).map((row) => row[0]).join() ===
    report.frontier.filter((p) => p.chosen).map((p) => p.point).join());
}

function checkFigures(doc) {
  for (const element of doc.querySelectorAll("figure")) {
    const caption = plain(element.querySelector("figcaption"));
    claim("a table under: " + caption, element.querySelector("table tbody tr") !== null);
    const panel = panelOf(caption);
    if (caption.startsWith("AUC by group")) checkForest(element, panel);
    if (caption.startsWith("ROC")) {
      checkPoints(element, panel, "roc", [0, 1, 2, 4, 3]);
      checkControl(element, panel);
    }
    if (caption.startsWith("Utility against")) checkFrontier(element);
    if (caption.startsWith("Calibration"))
      checkPoints(element, panel, "calibration", [0, 1, 2, 3, 4, 5, 6]);
    const details = element.querySelector("details");
    claim("the table is folded: " + caption, details === null || !details.open);
    for (const canvas of element.querySelectorAll("canvas")) {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      claim("drawn: " + canvas.getAttribute("aria-label"), data.some((v) => v > 0));
      claim("in reach of a keyboard, with a text", canvas.tabIndex === 0 &&
        canvas.getAttribute("aria-label").length > 10 && canvas.getAttribute("role") === "img");
    }
  }
}

function checkPage(frame) {
  const doc = frame.contentDocument, root = doc.documentElement;
  const scripts = [...doc.querySelectorAll("script")];
  claim("the script ran", root.className === "drawn");
  claim("nothing is wider than " + frame.width, root.scrollWidth <= Number(frame.width) &&
    root.clientWidth <= Number(frame.width));
  claim("nothing was loaded", frame.contentWindow.performance.getEntriesByType("resource").length === 0);
  claim("no element of a stranger", doc.images.length === 0 &&
    doc.querySelectorAll("iframe, object, link, body script[src]").length === 0 &&
    scripts.filter((script) => script.type === "").length === 2);
  claim("the verdict comes first", doc.querySelector("main > section").id === "verdict");
  claim("links lead somewhere", [...doc.querySelectorAll("a")].every((a) =>
    doc.getElementById(a.getAttribute("href").slice(1)) !== null));
  checkSites(doc);
  checkMeasures(doc);
  if (report.fairness.length > 0) checkGates(doc);
  checkFigures(doc);
  claim("a search is there if there was one",
    (doc.querySelector("#search figure") !== null) === (report.frontier !== undefined));
}

addEventListener("load", () => {
  try {
    checkPage(document.querySelector("iframe"));
  } catch (error) {
    wrong.push("the check itself: " + error.stack);
  }
  document.body.replaceChildren();
  const result = document.body.appendChild(document.createElement("pre"));
  result.textContent = [claims + " claims, " + wrong.length + " wrong", ...wrong, ""].join("\n");
});
