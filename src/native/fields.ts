import { integer, text } from './shape.js';

export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
const MAX_TIME = 2 ** 31 - 1;
const MAX_COUNT = 2 ** 31 - 1;

/** A number that one side gives to what it says. */
export const isId = integer(1, MAX_INTEGER);
export const isNews = integer(1, MAX_INTEGER);
/** As `isNews`, or none. */
export const isHeard = integer(0, MAX_INTEGER);
/** Milliseconds. */
export const isTime = integer(1, MAX_TIME);
/** Milliseconds, or none. */
export const isRest = integer(0, MAX_TIME);
export const isCount = integer(0, MAX_COUNT);
export const isSome = integer(1, MAX_COUNT);
export const isHash = integer(0, 2 ** 32 - 1);
export const isVersion = integer(1, 65_535);
export const isName = text(1, 256);
export const isPrefix = text(0, 256);
export const isHolder = text(1, 256);
export const isMetadata = text(0, 4096);
export const isSecret = text(1, 256);
export const isToken = text(1, 1024);
/** Of what a server says, whatever that is. */
export const isText = text(0, Infinity);
