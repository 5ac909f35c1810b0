/**
 * As much of other packages as the blocks of docs/recipes.md name, so that these can be type-checked without installing
 * the packages. For `ts no-run` only.
 */
declare module 'express' {
  interface Request {
    readonly params: Readonly<Record<string, string>>;
  }
  interface Response {
    once(event: 'close', listener: () => void): this;
    send(body: string): this;
    set(field: string, value: string): this;
    status(code: number): this;
  }
  export default function express(): {
    post(path: string, handler: (request: Request, response: Response) => unknown): unknown;
    listen(port: number): unknown;
  };
}

declare module '@angular/core' {
  export class NgZone {
    run<T>(work: () => T): T;
    runOutsideAngular<T>(work: () => T): T;
  }
  export function Injectable(options: { readonly providedIn: 'root' }): ClassDecorator;
  export function inject<T>(token: abstract new (...args: never[]) => T): T;
}
