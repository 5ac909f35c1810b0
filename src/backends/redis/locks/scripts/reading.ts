import { script, type Script } from '../../wire/script.js';

const END = 'return answers\n';

/**
 * As a script, but it reads the main key of all that it granted or renewed, at its end: from then on the server tells when somebody else changes it, and
 * what the script itself has written is not told.
 *
 * @param keys How many it has for each.
 */
export function reading({ source }: Script, keys: number): Script {
  return script(
    source.slice(0, source.lastIndexOf(END)),
    `
local read = {}
for i = 2, #answers do
  local answer = answers[i]
  if answer == 1 or type(answer) == 'string' or (type(answer) == 'table' and answer[1] == 1) then
    read[#read + 1] = KEYS[${String(keys)} * (i - 2) + 1]
  end
end
if #read > 0 then call('EXISTS', unpack(read)) end
${END}`,
  );
}
