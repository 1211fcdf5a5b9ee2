import { chartFrame } from './lineChart.ts';

/**
 * The page's script: a cursor with values over every chart, read from the table below it, and sorting and filtering of the
 * completions. Without it the page loses nothing else. It writes text with `textContent` only.
 */
export const reportScript = `'use strict';
const frame = ${JSON.stringify(chartFrame)};

for (const figure of document.querySelectorAll('.chart-card')) {
  const svg = figure.querySelector('svg.chart');
  const plot = figure.querySelector('.plot');
  const tip = figure.querySelector('.tip');
  const cursor = svg.querySelector('.cursor');
  const lastStep = Number(svg.dataset.lastStep);
  const names = [...figure.querySelectorAll('thead th')].slice(1).map((cell) => cell.textContent);
  let rows;
  const place = (step) => frame.left + (step / lastStep) * (frame.right - frame.left);
  svg.addEventListener('pointermove', (event) => {
    rows ??= [...figure.querySelectorAll('tbody tr')].map((row) => ({
      step: Number(row.cells[0].textContent),
      values: [...row.cells].slice(1).map((cell) => cell.textContent),
    }));
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * frame.width;
    const step = ((x - frame.left) / (frame.right - frame.left)) * lastStep;
    const nearest = rows.reduce((best, row) => (Math.abs(row.step - step) < Math.abs(best.step - step) ? row : best), rows[0]);
    cursor.setAttribute('x1', place(nearest.step));
    cursor.setAttribute('x2', place(nearest.step));
    cursor.classList.add('on');
    const lines = names.flatMap((name, index) => {
      const value = nearest.values[index];
      return value ? [names.length > 1 ? name + ': ' + value : value] : [];
    });
    tip.textContent = ['Step ' + nearest.step, ...lines].join('\\n');
    tip.hidden = false;
    const left = (place(nearest.step) / frame.width) * box.width;
    tip.style.left = Math.min(Math.max(left + 10, 0), Math.max(box.width - tip.offsetWidth, 0)) + 'px';
    if (left + 10 + tip.offsetWidth > box.width) tip.style.left = Math.max(left - 10 - tip.offsetWidth, 0) + 'px';
  });
  plot.addEventListener('pointerleave', () => {
    tip.hidden = true;
    cursor.classList.remove('on');
  });
}

const form = document.querySelector('.controls');
if (form) {
  const body = document.querySelector('.completions tbody');
  const rows = [...body.rows];
  const filter = () => {
    const text = form.elements.text.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits =
        (form.elements.step.value === '' || row.dataset.step === form.elements.step.value) &&
        (form.elements.reason.value === '' || row.dataset.reasons.split(' ').includes(form.elements.reason.value)) &&
        row.querySelector('.texts').textContent.toLowerCase().includes(text);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    form.elements.count.textContent = shown + ' of ' + rows.length + ' completions';
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  filter();

  const headers = [...document.querySelectorAll('.completions th[data-sort]')];
  headers.forEach((header, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener('click', () => {
      const direction = header.getAttribute('aria-sort') === 'descending' ? 'ascending' : 'descending';
      headers.forEach((other) => other.removeAttribute('aria-sort'));
      header.setAttribute('aria-sort', direction);
      const sign = direction === 'ascending' ? 1 : -1;
      const value = (row) => (row.cells[column].dataset.value === '' ? -Infinity : Number(row.cells[column].dataset.value));
      const difference = (a, b) => (value(a) === value(b) ? 0 : value(a) < value(b) ? -sign : sign);
      body.append(...rows.sort(difference));
    });
  });
}
`;
