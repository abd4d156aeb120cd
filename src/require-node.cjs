'use strict';
// Runs on any Node, unlike everything else here: it says what is missing before an older one stumbles over its first line of TypeScript.
const NEEDED = 24;
const found = Number(process.versions.node.split('.')[0]);
if (found < NEEDED) {
  process.stderr.write(
    `Holdfast needs Node ${NEEDED} or newer, and this is ${process.version}. A Node ${NEEDED} comes with the packages: run "npm ci" and then "npm start" or "npm test".\n`,
  );
  process.exit(1);
}
