import { Observable } from 'rxjs';
import type { Grant, Released, Renewal } from '../../contract/backend.js';
import { play } from './play.js';
import type { Scripts } from './script.js';
import type { Stage } from './stage.js';

/** What is asked about several grants at once. */
interface Batch<R> {
  readonly type: 'renew' | 'release';
  readonly scripts: Scripts;
  readonly grants: readonly Grant[];
  readonly keepFor?: readonly number[];
  readonly answer: (symbol: string, index: number, sentAt: number) => R;
}

/** Renewals and releases, each batch by the script of its names. */
export class Batches {
  constructor(
    private readonly stage: Stage,
    private readonly scripts: { readonly renew: Scripts; readonly release: Scripts },
  ) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    const { stage } = this;
    const answer = (symbol: string, index: number, sentAt: number): Renewal => {
      const grant = grants[index];
      if (symbol === 'r') return { index, outcome: 'renewed', bounds: [{ sentAt, ttl: ttls[index] ?? 0 }] };
      if (symbol !== 'x') return { index, outcome: 'unknown', cause: stage.errorOf(symbol, grant?.name) };
      if (grant !== undefined) stage.held.delete(grant);
      return { index, outcome: 'refused' };
    };
    return this.ask({ type: 'renew', scripts: this.scripts.renew, grants, answer });
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    const { stage } = this;
    const answer = (symbol: string, index: number): Released => {
      const grant = grants[index];
      if (symbol !== 'd' && symbol !== 'x') {
        return { index, outcome: 'unknown', cause: stage.errorOf(symbol, grant?.name) };
      }
      if (grant !== undefined) stage.held.delete(grant);
      return { index, outcome: symbol === 'd' ? 'released' : 'gone' };
    };
    return this.ask({ type: 'release', scripts: this.scripts.release, grants, keepFor, answer });
  }

  private ask<R>({ type, scripts, grants, keepFor = [], answer }: Batch<R>): Observable<R> {
    const { stage } = this;
    return new Observable((sink) => {
      const parts = new Map<string, number[]>();
      const size = grants.length > 1 ? { of: grants.length } : {};
      grants.forEach(({ name }, index) => {
        const kept = keepFor[index] ?? 0;
        stage.note(type, name, kept > 0 ? { ...size, keepFor: kept } : size);
        const key = scripts.keyOf(name);
        const part = parts.get(key);
        if (part === undefined) parts.set(key, [index]);
        else part.push(index);
      });
      const sentAt = stage.now;
      let open = parts.size;
      for (const [key, indexes] of parts) {
        const script = scripts.next(key);
        const playing = play(script, stage.opened.scheduler, ({ symbol }) => {
          if (symbol === '|') sink.complete();
          // What befalls the one request befalls its stream; with several scripts, only those it is about.
          else if (parts.size === 1 && 'nt#'.includes(symbol)) sink.error(stage.errorOf(symbol, grants[0]?.name));
          else for (const index of indexes) sink.next(answer(symbol, index, sentAt));
        });
        sink.add(playing);
        // What has been said is the whole answer; of a call without an answer, nothing is ever heard.
        if (script.length > 0) {
          playing.add(() => {
            if (--open === 0) sink.complete();
          });
        }
      }
    });
  }
}
