#!/usr/bin/env node
import { refuseNodeVersion } from "./node-version.js";

const refusal = refuseNodeVersion(process.versions.node);
if (refusal === null) {
  // Only now: what follows would crash an older Node before it could say why.
  void import("./start.js");
} else {
  process.stderr.write(refusal + "\n");
  process.exitCode = 1;
}
