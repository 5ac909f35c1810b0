import {
  EMPTY,
  endWith,
  finalize,
  interval,
  map,
  scan,
  startWith,
  switchMap,
  tap,
  type MonoTypeOperatorFunction,
  type OperatorFunction,
} from 'rxjs';
import type { WriteStream } from 'node:tty';

const FRAME = 66;
const ESC = '\u001b[';
const ENTER = `${ESC}?1049h${ESC}?25l`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;
const BEGIN = `${ESC}?2026h${ESC}H`;
const END = `${ESC}J${ESC}?2026l`;

/** What has happened so far, again and again, so that time is seen to pass. */
export function frames<T>(): OperatorFunction<T, readonly T[]> {
  return (source) =>
    source.pipe(
      scan((history: readonly T[], one) => [...history, one], []),
      startWith([]),
      endWith(undefined),
      switchMap((history) =>
        history === undefined
          ? EMPTY
          : interval(FRAME).pipe(
              map(() => history),
              startWith(history),
            ),
      ),
    );
}

/** Draws each frame over the one before, on a screen of its own; gives the terminal back however it ends. */
export function onScreen<T>(out: WriteStream, draw: (frame: T) => readonly string[]): MonoTypeOperatorFunction<T> {
  return (frames$) =>
    frames$.pipe(
      tap({
        subscribe: () => out.write(ENTER),
        next: (frame) =>
          out.write(
            BEGIN +
              draw(frame)
                .map((line) => `${line}${ESC}K`)
                .join('\r\n') +
              END,
          ),
      }),
      finalize(() => out.write(LEAVE)),
    );
}
