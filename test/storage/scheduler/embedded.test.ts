import { createSqliteBed } from "./scheduler.bed.ts";
import { describeScheduler } from "./scheduler.contract.ts";

describeScheduler("embedded", createSqliteBed);
