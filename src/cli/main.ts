#!/usr/bin/env node
import process from 'node:process';
import { forgetLostTerminals } from './forget-lost-terminals.js';
import { runCli } from './run-cli.js';

process.on('exit', forgetLostTerminals());
process.exitCode = await runCli(process.argv.slice(2), process);
