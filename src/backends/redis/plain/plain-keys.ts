import { KeyNames } from '../locks/key-names.js';

/** Of each name one key: the name itself, behind a prefix. */
export class PlainKeys extends KeyNames {
  constructor(private readonly before: string) {
    super(before, undefined);
  }

  override main(name: string): string {
    return this.before + name;
  }

  override two(name: string): readonly string[] {
    return [this.main(name)];
  }

  override all(name: string): readonly string[] {
    return [this.main(name)];
  }
}
