/*
 * page.js - draws the figures of report.html from the data that stand beside each.
 *
 * A figure holds canvases and one block of JSON, a chart for each canvas (figure.h says what is in
 * it). Without this script the tables under the figures say the same; with it they are folded.
 */
"use strict";
(() => {
  /* Apart for all kinds of colour vision; dashes and marks differ too. */
  const themes = {
    light: { text: "#1c2126", quiet: "#57606a", line: "#d8dee4",
      colours: ["#0060a8", "#c04a00", "#007a5a", "#9c3f75", "#7a6000", "#4b5bd6"] },
    dark: { text: "#e4e8ec", quiet: "#9aa5b0", line: "#343c44",
      colours: ["#6db6f2", "#ff9a57", "#4fd0a5", "#e79ac5", "#e3c34d", "#a5aeff"] },
    paper: { text: "#000", quiet: "#333", line: "#ccc",
      colours: ["#555", "#000", "#777", "#333", "#888", "#444"] },
  };
  const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [1, 4]];
  const marks = ["circle", "rect", "triangle", "rectRot", "rectRounded", "star"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const figures = [];

  const pair = ([x, y]) => ({ x, y });
  const chosen = (list, at) => list[at % list.length];

  /* The look of a series: its place among the groups chooses it. */
  function look(series, place, theme) {
    if (series.role === "everybody")
      return { colour: theme.text, dash: [], width: 2.5, mark: "circle" };
    if (series.role === "reference")
      return { colour: theme.quiet, dash: [3, 3], width: 1, mark: "circle" };
    const shifted = place + Math.floor(place / theme.colours.length);
    return { colour: chosen(theme.colours, place), dash: chosen(dashes, shifted), width: 1.8,
      mark: chosen(marks, shifted) };
  }

  function datasets(series, place, theme) {
    const { colour, dash, width, mark } = look(series, place, theme);
    const base = { label: series.name, borderColor: colour, backgroundColor: colour,
      borderDash: dash, borderWidth: width, pointStyle: mark, pointRadius: 0, showLine: true,
      pointHitRadius: 6 };
    const hidden = { ...base, label: "", borderWidth: 0, backgroundColor: colour + "2e" };
    const sets = [];
    if (series.low && series.high)
      sets.push({ ...hidden, data: series.low.map(pair) },
        { ...hidden, data: series.high.map(pair), fill: "-1" });
    if (series.points)
      sets.push({ ...base, data: series.points.map(pair) });
    if (series.dots)
      sets.push({ ...base, label: series.points ? "" : series.name, data: series.dots.map(pair),
        showLine: false, pointRadius: 5, borderDash: [] });
    if (sets.length === 0)
      sets.push({ ...base, data: [] });
    sets[sets.length - 1].bars = series.bars || [];
    sets[sets.length - 1].arrows = series.arrows || [];
    return sets;
  }

  /* Intervals as bars, and the threshold that the reader has moved: Chart.js has neither. */
  const strokes = {
    id: "strokes",
    beforeDatasetsDraw(chart) {
      const { ctx, scales: { x, y }, chartArea: area } = chart;
      const draw = ([x0, y0, x1, y1], arrow) => {
        const from = [x.getPixelForValue(x0), y.getPixelForValue(y0)];
        const to = [x.getPixelForValue(x1), y.getPixelForValue(y1)];
        ctx.beginPath();
        ctx.moveTo(...from);
        ctx.lineTo(...to);
        if (arrow) {
          const way = Math.atan2(to[1] - from[1], to[0] - from[0]);
          const tip = [to[0] - 7 * Math.cos(way), to[1] - 7 * Math.sin(way)]; /* before the mark */
          for (const turn of [2.7, -2.7]) {
            ctx.moveTo(...tip);
            ctx.lineTo(tip[0] + 10 * Math.cos(way + turn), tip[1] + 10 * Math.sin(way + turn));
          }
        }
        ctx.stroke();
      };
      ctx.save();
      ctx.beginPath();
      ctx.rect(area.left, area.top, area.width, area.height);
      ctx.clip();
      chart.data.datasets.forEach((set) => {
        ctx.strokeStyle = set.borderColor;
        ctx.lineWidth = set.thick ? 9 : 1.8;
        (set.bars || []).forEach((bar) => draw(bar, false));
        (set.arrows || []).forEach((bar) => draw(bar, true));
      });
      if (chart.threshold !== undefined) {
        ctx.strokeStyle = chart.options.color;
        ctx.lineWidth = 1;
        draw([chart.threshold, y.min, chart.threshold, y.max], false);
      }
      ctx.restore();
    },
  };

  /* What bars and arrows need of an axis: Chart.js knows points alone. */
  function reach(data, at) {
    const ends = data.series.flatMap((series) => [...(series.bars || []), ...(series.arrows || [])])
      .flatMap((bar) => [bar[at], bar[at + 2]]);
    return ends.length > 0 ? { suggestedMin: Math.min(...ends), suggestedMax: Math.max(...ends) } : {};
  }

  const short = (name) => (name.length > 24 ? name.slice(0, 23) + "\u2026" : name);

  function axis(from, theme, labels) {
    const ticks = { color: theme.quiet, maxTicksLimit: 6 };
    const scale = { type: "linear", title: { display: Boolean(from.title), text: from.title || "",
      color: theme.quiet }, grid: { color: theme.line, borderColor: theme.quiet }, ticks };
    if (from.min !== null) scale.suggestedMin = from.min;
    if (from.max !== null) scale.suggestedMax = from.max;
    if (!labels || labels.length === 0) return scale;
    Object.assign(ticks, { stepSize: 1, autoSkip: false, maxTicksLimit: labels.length + 2,
      color: theme.text, callback: (at) => (labels[at] || "").split("\n").map(short) });
    return Object.assign(scale, { min: -0.6, max: labels.length - 0.4, reverse: true,
      afterBuildTicks: (s) => { s.ticks = labels.map((_, value) => ({ value })); } });
  }

  function draw(canvas, data, theme, first) {
    let place = -1;
    const sets = data.series.flatMap((series) => {
      if (series.role === "group") place++;
      return datasets(series, Math.max(place, 0), theme);
    });
    if (data.labels.length > 0) {
      canvas.parentNode.style.height = 6 + 3 * data.labels.length + "rem";
      if (!data.series.some((series) => series.dots)) sets.forEach((set) => { set.thick = true; });
    }
    const named = sets.filter((set) => set.label !== "").length;
    const groups = data.series.filter((series) => series.role === "group");
    const marked = groups.length > 1 && groups.every((series) => series.dots && !series.points);
    return new Chart(canvas, {
      type: "scatter",
      data: { datasets: sets },
      plugins: [strokes],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, color: theme.text,
        layout: { padding: { right: 8 } },
        interaction: { mode: "nearest" },
        scales: { x: { ...reach(data, 0), ...axis(data.x, theme) },
          y: { ...reach(data, 1), ...axis(data.y, theme, data.labels) } },
        plugins: {
          legend: { display: first && named > 1, position: "bottom",
            labels: { color: theme.text, usePointStyle: marked,
              boxWidth: marked ? 8 : 28, boxHeight: marked ? 8 : 2, filter: (item) => item.text !== "" } },
          tooltip: { filter: (item) => item.dataset.label !== "",
            callbacks: { label: (item) => item.dataset.label + ": " +
              item.parsed.x.toFixed(3) + ", " + item.parsed.y.toFixed(3) } },
        },
      },
    });
  }

  function drawAll(theme) {
    for (const figure of figures) {
      figure.charts.forEach((chart) => chart.destroy());
      figure.charts = figure.canvases.map((canvas, at) => draw(canvas, figure.data[at], theme, at === 0));
      figure.move();
    }
  }

  /* As the tables have it: what lies between two, an odd sixteenth, goes to the even one. */
  function written(v) {
    if (v === undefined) return "-";
    const near = (v * 16) % 2 === 1 ? 2 * Math.round(v * 500) / 1000 : v;
    return near.toFixed(3).replace(/^0\./, ".");
  }

  /* The points that the curves have nearest to a threshold, as a table: what the drawing shows. */
  function tableAt(figure, threshold) {
    const upright = figure.data.filter((chart) => chart.x.title === "threshold");
    const table = document.createElement("table");
    table.createCaption().textContent = "At threshold " + threshold.toFixed(3);
    const row = (part, cells, kind) => {
      const line = part.appendChild(document.createElement("tr"));
      cells.forEach((text, at) => {
        const cell = line.appendChild(document.createElement(at === 0 ? "th" : kind));
        if (at > 0) cell.className = "number";
        cell.textContent = text;
      });
    };
    const body = document.createElement("tbody");
    row(table.createTHead(), ["group", "nearest threshold", ...upright.map((chart) => chart.y.title)], "th");
    upright[0].series.forEach((series, at) => {
      const far = (point) => Math.abs(point[0] - threshold);
      const nearest = (series.points || [[]]).reduce((a, b) => (far(b) < far(a) ? b : a));
      const values = upright.map((chart) =>
        ((chart.series[at].points || []).find((point) => point[0] === nearest[0]) || [])[1]);
      row(body, [series.name, written(nearest[0]), ...values.map(written)], "td");
    });
    table.append(body);
    return table;
  }

  function prepare(element) {
    const figure = { charts: [], canvases: [...element.querySelectorAll("canvas")],
      data: JSON.parse(element.querySelector("script").textContent), move() {} };
    const control = element.querySelector(".control");
    if (control) {
      const input = control.querySelector("input");
      figure.move = () => {
        const at = Number(input.value);
        input.setAttribute("aria-valuetext", "threshold " + at.toFixed(2));
        control.querySelector("div").replaceChildren(tableAt(figure, at));
        figure.charts.forEach((chart, i) => {
          if (figure.data[i].x.title !== "threshold") return;
          chart.threshold = at;
          chart.draw();
        });
      };
      input.addEventListener("input", figure.move);
      control.hidden = false;
    }
    figures.push(figure);
  }

  const shown = () => drawAll(dark.matches ? themes.dark : themes.light);
  const folded = [...document.querySelectorAll("figure details")];
  document.documentElement.className = "drawn";
  folded.forEach((details) => { details.open = false; });
  document.querySelectorAll("figure").forEach(prepare);
  Chart.defaults.font.family = "system-ui, sans-serif";
  shown();
  dark.addEventListener("change", shown);
  addEventListener("beforeprint", () => {
    folded.forEach((details) => { details.open = true; });
    drawAll(themes.paper);
  });
  addEventListener("afterprint", () => {
    folded.forEach((details) => { details.open = false; });
    shown();
  });
})();
