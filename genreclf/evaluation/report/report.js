const figures = JSON.parse(document.getElementById('figures').textContent);
const template = JSON.parse(document.getElementById('template').textContent);
const dark = matchMedia('(prefers-color-scheme:dark)');

function draw(element) {
  const {data, layout} = figures[element.dataset.figure][dark.matches ? 'dark' : 'light'];
  Plotly.react(element, data, {...layout, template}, {displayModeBar: false, responsive: true});
  element.dataset.drawn = '';
}

// Charts are drawn when they come near the screen: all at once would take seconds.
const observer = new IntersectionObserver(entries => {
  for (const entry of entries) if (entry.isIntersecting) {
    observer.unobserve(entry.target);
    draw(entry.target);
  }
}, {rootMargin: '400px'});
document.querySelectorAll('.chart').forEach(element => observer.observe(element));
dark.addEventListener('change', () => document.querySelectorAll('.chart[data-drawn]').forEach(draw));
addEventListener('beforeprint', () => document.querySelectorAll('.chart:not([data-drawn])').forEach(element => {
  if (element.offsetParent) draw(element);
}));

document.querySelectorAll('select[data-choice]').forEach(list => {
  const follow = () => document.querySelectorAll(`[data-of="${list.dataset.choice}"]`).forEach(part => {
    part.hidden = part.dataset.value !== list.value;
  });
  list.addEventListener('change', follow);
  follow();
});

// A click on a column's name sorts by it: numbers the largest first, then the other way round. Dashes come last.
document.querySelectorAll('thead button').forEach(button => button.addEventListener('click', () => {
  const header = button.parentElement, place = header.cellIndex, numeric = header.classList.contains('number');
  const descending = header.ariaSort ? header.ariaSort === 'ascending' : numeric;
  const body = header.closest('table').tBodies[0], sign = descending ? -1 : 1;
  const read = row => numeric ? parseFloat(row.cells[place].textContent.replaceAll(',', '').replace('−', '-'))
    : row.cells[place].textContent;
  const compare = (first, second) => {
    const [a, b] = [read(first), read(second)];
    if (!numeric) return sign * a.localeCompare(b);
    return isNaN(a) - isNaN(b) || sign * (a - b) || 0;
  };
  body.append(...[...body.rows].sort(compare));
  for (const other of header.parentElement.cells) other.removeAttribute('aria-sort');
  header.ariaSort = descending ? 'descending' : 'ascending';
}));
