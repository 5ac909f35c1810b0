import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import { isNews, type Moment } from './moment.js';

/** One line for each moment: for pipes, files and CI. */
export function printLines(print: (line: string) => void): MonoTypeOperatorFunction<Moment> {
  return (moments$) =>
    moments$.pipe(
      tap((moment) => {
        if (isNews(moment) || moment.what === 'renewed') print(line(moment));
      }),
    );
}

export function line({ at, who, what, note = '' }: Moment): string {
  return `${(at / 1000).toFixed(2).padStart(6)} s  ${who.padEnd(5)}  ${what.padEnd(9)}  ${note}`.trimEnd();
}
