/**
 * How long a queue is kept in which nobody says a word: so long it may take until those who wait can be heard again, as while a slot moves or a server
 * loads its data. Milliseconds.
 */
export const LONG_LIFE = 20_000;
