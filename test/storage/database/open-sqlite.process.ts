import { openSqlite } from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import { aFile } from "./samples.ts";

/**
 * A process of its own that has the database open. `hold` opens it as a gateway would and stays; `write` opens it beside
 * one and writes files, naming each on its output once it is acknowledged.
 */
const [path = "", role, count = "0"] = process.argv.slice(2);
const database = await openDatabase(await openSqlite(path, { exclusive: role === "hold" }));
process.stdout.write("open\n");
for (let number = 0; number < Number(count); number += 1) {
  const file = aFile();
  await database.files.insert(file);
  process.stdout.write(`${file.id}\n`);
}
if (role === "hold") setInterval(() => {}, 1000);
else await database.close();
