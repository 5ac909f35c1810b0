import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/**
 * Looks for a program on the PATH.
 *
 * @param variable Of the environment: whoever names a binary there wants that one and no other.
 * @param folders Where else it may be.
 * @returns Its path; `undefined` if it is nowhere.
 */
export function findProgram(program, variable, folders = []) {
  if (env[variable]) return isProgram(env[variable]) ? env[variable] : undefined;
  return [...(env.PATH ?? '').split(delimiter), ...folders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(isProgram);
}

export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
