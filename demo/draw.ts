import { isNews, seconds, type Moment, type What } from './moment.js';
import { line } from './plain.js';

/** Colours a text; leaves it as it is where there are no colours. */
export type Paint = (style: Style, text: string) => string;
export type Style =
  | 'bold'
  | 'dim'
  | 'red'
  | 'green'
  | 'yellow'
  | 'magenta'
  | 'cyanBright'
  | 'magentaBright'
  | 'blueBright'
  | 'yellowBright';

export interface Picture {
  readonly title: string;
  readonly names: readonly string[];
  /** How long the story takes, in milliseconds, give or take. */
  readonly length: number;
}

export interface View {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** Milliseconds since the story began. */
  readonly now: number;
}

interface Cell {
  readonly text: string;
  readonly style?: Style;
  /** A letter is not overwritten. */
  readonly isLetter?: boolean;
}

const BLANK: Cell = { text: ' ' };
const COLOURS: readonly Style[] = ['cyanBright', 'magentaBright', 'blueBright', 'yellowBright'];
const LETTERS: Readonly<Partial<Record<What, readonly [letter: string, style: Style, meaning: string]>>> = {
  waiting: ['w', 'yellow', 'waiting'],
  acquired: ['a', 'green', 'acquired'],
  renewed: ['r', 'green', 'renewed'],
  uncertain: ['u', 'yellow', 'uncertain'],
  lost: ['l', 'red', 'lost'],
  released: ['d', 'bold', 'released (done)'],
  cut: ['/', 'magenta', 'network cut'],
  mended: ['=', 'magenta', 'mended'],
};
/** What a line looks like after a moment, until the next. */
const TRAILS: Readonly<Partial<Record<What, Cell>>> = {
  waiting: { text: '╌', style: 'dim' },
  acquired: { text: '━', style: 'green' },
  renewed: { text: '━', style: 'green' },
  uncertain: { text: '━', style: 'yellow' },
  lost: BLANK,
  released: BLANK,
};

const LABEL = 8;
const STATUS = 24;
/** Below this there is room for the lines only. */
const WIDE = 76;
/** How many milliseconds a column may stand for: whole parts of a second, few enough that letters keep their places. */
const SCALES: readonly number[] = [100, 125, 200, 250];
/** Below this there is room for no empty lines. */
const TALL = 26;
const LOG = 9;

/** The whole picture as lines, none longer than the view is wide. */
export function draw(history: readonly Moment[], { title, names, length }: Picture, view: View): readonly string[] {
  const { columns, rows, paint, now } = view;
  const isWide = columns >= WIDE;
  const gap = rows >= TALL ? [''] : [];
  const width = Math.max(10, columns - LABEL - (isWide ? STATUS : 1));
  const scale = SCALES.find((milliseconds) => milliseconds * width >= length) ?? 250;
  const last = Math.floor(now / scale);
  const first = Math.max(0, last - width + 1);
  const row = (label: string, style: Style, cells: readonly Cell[], status = ''): string =>
    ` ${paint(style, label.slice(0, LABEL - 2).padEnd(LABEL - 1))}${render(cells, paint)}${isWide ? ` ${status}` : ''}`;

  const lives = names.flatMap((name, index) => {
    const own = history.filter(({ who }) => who === name);
    return [row(name, colourOf(index), life(own, first, last, width, scale), statusOf(own, paint)), ...gap];
  });
  const body = [
    paint('bold', fit(` ${title}`, columns)),
    ...gap,
    row('', 'dim', axis(first, width, scale), paint('dim', seconds(now))),
    ...gap,
    ...lives,
    row('ledger', 'bold', ledger(history, names, first, width, scale), writesOf(history, paint)),
    '',
    ...legend(columns, paint),
    ...(rows > 18 ? [''] : []),
  ];
  const room = Math.min(LOG, rows - body.length - 1);
  return [...body, ...log(history, names, room, columns, paint)].slice(0, Math.max(1, rows - 1));
}

/** What came of it, for the end. */
export function summary(history: readonly Moment[]): string {
  const tokens = history.filter(({ what }) => what === 'acquired').map(({ lease }) => String(lease?.fencingToken));
  const count = (wanted: What): number => history.filter(({ what }) => what === wanted).length;
  return [
    `${String(tokens.length)} grants, never two at once; tokens ${tokens.join(' < ')}.`,
    `${String(count('lost'))} lost; ${String(count('written'))} writes taken, ${String(count('refused'))} late one refused by its token.`,
  ].join('\n');
}

/** A marble line: letters where something happened, trails between them. */
function life(own: readonly Moment[], first: number, last: number, width: number, scale: number): Cell[] {
  const cells = Array.from({ length: width }, () => BLANK);
  own.forEach(({ what, at }, index) => {
    const trail = TRAILS[what];
    if (trail === undefined) return;
    const next = own.slice(index + 1).find((moment) => TRAILS[moment.what] !== undefined);
    const end = next === undefined ? last : Math.floor(next.at / scale);
    for (let i = Math.max(0, Math.floor(at / scale) - first); i <= Math.min(width - 1, end - first); i++)
      cells[i] = trail;
  });
  for (const { what, at } of own) {
    const [text, style] = LETTERS[what] ?? [];
    if (text === undefined || style === undefined) continue;
    // What comes at once stands side by side, as in a marble.
    let i = Math.floor(at / scale) - first;
    while (cells[i]?.isLetter === true) i++;
    if (i >= 0 && i < width) cells[i] = { text, style, isLetter: true };
  }
  return cells;
}

function ledger(
  history: readonly Moment[],
  names: readonly string[],
  first: number,
  width: number,
  scale: number,
): readonly Cell[] {
  const cells = Array.from({ length: width }, () => BLANK);
  for (const { what, who, at } of history) {
    const i = Math.floor(at / scale) - first;
    if (i < 0 || i >= width || cells[i]?.isLetter === true) continue;
    if (what === 'written') cells[i] = { text: '▪', style: colourOf(names.indexOf(who)) };
    if (what === 'refused') cells[i] = { text: '×', style: 'red', isLetter: true };
  }
  return cells;
}

function axis(first: number, width: number, scale: number): readonly Cell[] {
  const cells = Array.from({ length: width }, (): Cell => ({ text: '·', style: 'dim' }));
  for (let second = Math.ceil((first * scale) / 1000); ; second++) {
    const i = Math.floor((second * 1000) / scale) - first;
    if (i >= width) return cells;
    Array.from(String(second)).forEach((digit, offset) => {
      if (i + offset < width) cells[i + offset] = { text: digit, style: 'dim' };
    });
  }
}

function statusOf(own: readonly Moment[], paint: Paint): string {
  const latest = own.findLast(({ what }) => TRAILS[what] !== undefined);
  if (latest === undefined) return '';
  const { what, lease } = latest;
  const token = `#${String(lease?.fencingToken)}`;
  switch (what) {
    case 'waiting':
      return paint('dim', latest.cause === undefined ? 'waits' : 'waits: out of reach');
    case 'uncertain':
      return paint('yellow', `${token} unsure, ${seconds(lease?.remaining() ?? 0)} left`);
    case 'lost':
      return paint('red', `${token} lost`);
    case 'released':
      return paint('dim', `${token} given back`);
    default:
      return paint('green', `${token} held, ${seconds(lease?.remaining() ?? 0)} left`);
  }
}

function writesOf(history: readonly Moment[], paint: Paint): string {
  const taken = history.filter(({ what }) => what === 'written').length;
  const refused = history.filter(({ what }) => what === 'refused').length;
  return `${paint('dim', `${String(taken)} writes`)}${refused === 0 ? '' : paint('red', `, ${String(refused)} refused`)}`;
}

function legend(columns: number, paint: Paint): readonly string[] {
  const lines: string[] = [];
  let used = columns;
  for (const [letter, style, meaning] of [
    ...Object.values(LETTERS),
    ['▪', 'dim', 'write'],
    ['×', 'red', 'refused'],
    ...(columns >= WIDE ? ([['#1', 'dim', 'its fencing token']] as const) : []),
  ] as const) {
    const length = letter.length + meaning.length + 3;
    if (used + length > columns) {
      lines.push('');
      used = 0;
    }
    used += length;
    lines.push(`${lines.pop() ?? ''} ${paint(style, letter)} ${paint('dim', meaning)} `);
  }
  return lines;
}

function log(
  history: readonly Moment[],
  names: readonly string[],
  room: number,
  columns: number,
  paint: Paint,
): readonly string[] {
  if (room <= 0) return [];
  const news = history.filter(isNews);
  return news.slice(-room).map((moment, index, shown) => {
    const text = fit(` ${line(moment)}`, columns);
    if (index < shown.length - 1) return paint('dim', text);
    const start = text.indexOf(moment.who);
    const end = start + moment.who.length;
    return text.slice(0, start) + paint(colourOf(names.indexOf(moment.who)), text.slice(start, end)) + text.slice(end);
  });
}

function render(cells: readonly Cell[], paint: Paint): string {
  let text = '';
  for (let i = 0; i < cells.length;) {
    const { style } = cells[i] as Cell;
    let run = '';
    for (; i < cells.length && cells[i]?.style === style; i++) run += (cells[i] as Cell).text;
    text += style === undefined ? run : paint(style, run);
  }
  return text;
}

function fit(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}

function colourOf(index: number): Style {
  return COLOURS[index % COLOURS.length] as Style;
}
