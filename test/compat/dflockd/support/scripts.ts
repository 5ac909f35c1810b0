import { ScriptedServer } from './scripted-server.js';
import { closing } from './support.js';

/** A server that answers a list, whatever is asked, and then nothing more. Closed after the test. */
export const list: typeof ScriptedServer.list = async (...answers) => closing(await ScriptedServer.list(...answers));

/** One that answers each request by what it is. Closed after the test. */
export const start: typeof ScriptedServer.start = async (answer) => closing(await ScriptedServer.start(answer));
