/** Where each room stands: its column and its row, counted from the lower left, and what it is. */
const PLACES = {
  contract: [0, 0, 'what is promised'],
  values: [1, 0, 'small tools'],
  keeping: [2, 0, 'renew, watch, give back'],
  core: [3, 0, 'what is shared'],
  lease: [4, 0, 'the life of a grant'],
  contending: [5, 0, 'from call to grant'],
  locks: [6, 0, 'what a Locks offers'],
  entries: [7, 0, 'index, auto, default-locks'],
  operators: [2, 1, 'one a file'],
  table: [2, 2, 'who holds, who waits'],
  native: [4, 3, 'messages'],
  'backends/memory': [3, 2, 'in this process'],
  'backends/dflockd': [2, 4],
  'backends/octostore': [2, 6],
  'backends/redis': [2, 8],
  'backends/socket': [4, 5],
  server: [7, 3],
  'compat/dflockd': [7, 4],
  cli: [7, 2, 'the rxlock command'],
  'compat/redlock': [7, 8],
  compat: [5, 5, 'what drop-ins share'],
  'compat/octostore': [7, 6],
  otel: [5, 7, 'metrics and spans'],
  threaded: [4, 7, 'renewal in a thread'],
  nestjs: [7, 9, 'for Nest'],
  'node-cron': [5, 9, 'who runs a tick'],
  testing: [7, 7],
};
/** The corridor, from left to right. */
const CORRIDOR = Object.entries(PLACES).filter(([, [column, row]]) => row === 0 && column < 7);

const BOX = { width: 142, height: 60 };
/** Characters of a line in a box. */
const LONGEST = 25;
const STEP = { x: 192, y: 76 };
const MARGIN = 26;
const ROWS = Math.max(...Object.values(PLACES).map(([, row]) => row)) + 1;
const COLUMNS = Math.max(...Object.values(PLACES).map(([column]) => column)) + 1;
const WIDTH = 2 * MARGIN + (COLUMNS - 1) * STEP.x + BOX.width;
const HEIGHT = 2 * MARGIN + (ROWS - 1) * STEP.y + BOX.height;
const COLOURS = [
  '#1f77b4',
  '#d1690e',
  '#2ca02c',
  '#b02a2b',
  '#7a52a3',
  '#8c564b',
  '#c2549d',
  '#6f6f6f',
  '#8a8b12',
  '#0f8f9e',
  '#3d5a80',
  '#a17c00',
];

const STYLE = `
  text { font: 600 13px system-ui, sans-serif; text-anchor: middle; fill: #1b1f24 }
  .what { font-weight: 400; font-size: 10.5px; fill: #59636e }
  .box { fill: #fff; stroke: #8c959f }
  .corridor { fill: #ddebfa }
  .line { fill: none; stroke-width: 1.6 }
`;

/**
 * Draws rooms as boxes, and a line from each to those that it knows, which are to its left.
 *
 * @param known The rooms that each room knows, by name.
 * @param within The names of the rooms that stand within a room.
 */
export function drawRooms(known, within) {
  for (const room of known.keys()) {
    if (!(room in PLACES)) throw new Error(`the room ${room} has no place in scripts/lib/draw-rooms.mjs`);
  }
  const targets = [...new Set([...known.values()].flat())].sort();
  const colourOf = (room) => COLOURS[targets.indexOf(room) % COLOURS.length];
  const lines = [...known].flatMap(([from, others]) =>
    [...others].sort().map((to) => line(from, to, targets.indexOf(to), colourOf(to))),
  );
  const heads = targets.map((room) => head(room, colourOf(room)));
  const boxes = [...known.keys()].map((room) => box(room, within.get(room)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    '<title>The rooms of rxlock: a line leads from a room to what it knows</title>',
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="10" fill="#f6f8fa"/>`,
    band(),
    ...lines.sort(),
    ...heads,
    ...boxes.sort(),
    '</svg>\n',
  ].join('\n');
}

const left = ([column]) => MARGIN + column * STEP.x;
const right = (place) => left(place) + BOX.width;
const middle = ([, row]) => HEIGHT - MARGIN - BOX.height / 2 - row * STEP.y;

/** The floor of the corridor. */
function band() {
  const [first] = CORRIDOR;
  const last = CORRIDOR.at(-1);
  const x = left(first[1]) - 12;
  const y = middle(first[1]) - BOX.height / 2 - 8;
  return `<rect class="corridor" x="${x}" y="${y}" width="${right(last[1]) + 12 - x}" height="${BOX.height + 16}" rx="8"/>`;
}

function box(room, within = new Set()) {
  const place = PLACES[room];
  const lines = place[2] === undefined ? inLines([...within].sort()) : [place[2]];
  const top = middle(place) + 4 - lines.length * 6.5;
  return [
    `<rect class="box" x="${left(place)}" y="${middle(place) - BOX.height / 2}" width="${BOX.width}" height="${BOX.height}" rx="5"/>`,
    text(place, top, room),
    ...lines.map((words, index) => text(place, top + 16 + index * 13, words, ' class="what"')),
  ].join('');
}

/** Names in lines that fit into a box. */
function inLines(names) {
  const lines = [];
  for (const name of names) {
    const longer = `${lines.at(-1)} · ${name}`;
    if (lines.length > 0 && longer.length <= LONGEST) lines[lines.length - 1] = longer;
    else lines.push(name);
  }
  return lines;
}

function text(place, y, words, attribute = '') {
  return `<text x="${left(place) + BOX.width / 2}" y="${y}"${attribute}>${words}</text>`;
}

function head(room, colour) {
  const place = PLACES[room];
  return `<path d="M${right(place)} ${middle(place)}l7 -4v8z" fill="${colour}"/>`;
}

/** From the left side of a box to the right side of the other: along a row where no box is in the way, or the gap above. */
function line(from, to, index, colour) {
  const [a, b] = [PLACES[from], PLACES[to]];
  const shift = 12 + (index % COLOURS.length) * 3;
  const lane = [b, a].find((row) => isFree(a, b, row));
  const y = lane === undefined ? middle(b) - STEP.y / 2 : middle(lane);
  const [start, end] = [left(a) - shift, right(b) + shift];
  const points = [
    [left(a), middle(a)],
    [start, middle(a)],
    [start, y],
    [end, y],
    [end, middle(b)],
    [right(b), middle(b)],
  ];
  const straight = [points[0], points.at(-1)];
  const path = middle(a) === middle(b) && lane !== undefined ? straight : points;
  return `<path class="line" stroke="${colour}" d="M${path.map((point) => point.join(' ')).join('L')}"/>`;
}

/** Whether no box stands between two columns of a row. */
function isFree([from], [to], [, row]) {
  return !Object.values(PLACES).some(([x, y]) => y === row && x > to && x < from);
}
