// Draws `docs/rooms.svg`: the rooms of the sources, and which knows which, from their real imports.
// `--check` only says whether it is up to date.
//
// What a room knows through another one has no line of its own; so the picture changes only when the plan does.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { drawRooms } from './lib/draw-rooms.mjs';
import { ROOT } from './lib/programs.mjs';

const PICTURE = join(ROOT, 'docs/rooms.svg');
/** Each room by its files: the first that fits, called by its name, or else as its folder is. */
const ROOMS = [
  { files: /^src\/[^/]+$/, name: 'entries' },
  { files: /^src\/compat\/[^/]+$/, name: 'compat' },
  { files: /^src\/((?:backends|compat)\/[^/]+)\/(?:([^/]+)\/)?/ },
  { files: /^(?:src\/)?([^/]+)\/(?:([^/]+)\/)?/ },
];

const files = await sources();
const picture = drawRooms(withoutDetours(knownByRoom()), roomsWithin());
if (!process.argv.includes('--check')) writeFileSync(PICTURE, picture);
else if (readFileSync(PICTURE, 'utf8') !== picture) {
  console.error('docs/rooms.svg is not what the imports say: run `npm run rooms`');
  process.exitCode = 1;
}

async function sources() {
  const { options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
  const { output } = await cruise(['src', 'operators'], { ...options, baseDir: ROOT });
  return output.modules.filter(({ source }) => isSource(source));
}

function isSource(file) {
  return /^(src|operators)\//.test(file);
}

/** The room of a file, and the room within that one that it is in, if any. */
function placeOf(file) {
  const { files: pattern, name } = ROOMS.find((room) => room.files.test(file));
  const [, folder, within] = pattern.exec(file);
  return { room: name ?? folder, within };
}

/** For each room, those whose files its files import. */
function knownByRoom() {
  const known = new Map(files.map(({ source }) => [placeOf(source).room, new Set()]));
  for (const { source, dependencies } of files) {
    const { room } = placeOf(source);
    for (const { resolved } of dependencies) if (isSource(resolved)) known.get(room).add(placeOf(resolved).room);
    known.get(room).delete(room);
  }
  return known;
}

/** The rooms that stand within each room, by name. */
function roomsWithin() {
  const inner = new Map();
  for (const { source } of files) {
    const { room, within } = placeOf(source);
    if (within !== undefined) inner.set(room, new Set([...(inner.get(room) ?? []), within]));
  }
  return inner;
}

/** Leaves out each line for which there is a way through another room. */
function withoutDetours(known) {
  const reaches = (from, to, seen) =>
    from === to || (!seen.has(from) && [...known.get(from)].some((next) => reaches(next, to, new Set(seen).add(from))));
  return new Map(
    [...known].map(([room, others]) => [
      room,
      [...others].filter((to) => ![...others].some((by) => by !== to && reaches(by, to, new Set([room])))),
    ]),
  );
}
