// https://ai.google.dev/gemini-api/docs/function-calling and …/thought-signatures

import type { JsonObject } from "../json.ts";
import { isJsonObject, objectOf, objectsOf, stringsOf, textOf } from "../json.ts";
import type { ModelInfo } from "../models.ts";
import { invalidArgument } from "../status-error.ts";
import { checkSchema, refused } from "./schema-rules.ts";

export function checkFunctions(request: JsonObject, model: ModelInfo): void {
  const declared = declarationsOf(request);
  const names = new Set<string>();
  for (const [index, declaration] of declared.entries()) {
    checkDeclaration(declaration, `tools[0].function_declarations[${index}]`);
    const name = textOf(declaration["name"]);
    if (names.has(name)) throw invalidArgument(`Duplicate function declaration found: ${name}`);
    names.add(name);
  }
  checkChoice(request, names);
  checkTurns(objectsOf(request["contents"]), model);
}

export function declarationsOf(request: JsonObject): readonly JsonObject[] {
  return objectsOf(request["tools"]).flatMap((tool) => objectsOf(tool["functionDeclarations"]));
}

const NAME = /^[A-Za-z_][\w.:-]{0,63}$/;

function checkDeclaration(declaration: JsonObject, path: string): void {
  const { name, parameters, parametersJsonSchema } = declaration;
  if (!NAME.test(textOf(name))) {
    throw refused(
      `${path}.name`,
      "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.",
    );
  }
  if (parameters !== undefined && parametersJsonSchema !== undefined) {
    throw refused(path, "only one of parameters and parameters_json_schema may be set.");
  }
  checkSchema(parameters, `${path}.parameters`);
}

export function callingOf(request: JsonObject): JsonObject {
  return objectOf(objectOf(request["toolConfig"])["functionCallingConfig"]);
}

function checkChoice(request: JsonObject, names: ReadonlySet<string>): void {
  const { mode, allowedFunctionNames } = callingOf(request);
  const allowed = stringsOf(allowedFunctionNames);
  const path = "tool_config.function_calling_config";
  if (mode === "ANY" && names.size === 0) {
    throw invalidArgument("Function calling config is set without function_declarations.");
  }
  if (allowed.length > 0 && mode !== "ANY" && mode !== "VALIDATED") {
    throw refused(
      `${path}.allowed_function_names`,
      "should be set only when the function calling mode is ANY or VALIDATED.",
    );
  }
  const unknown = allowed.find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw refused(`${path}.allowed_function_names`, `'${unknown}' is not a declared function.`);
  }
}

function checkTurns(contents: readonly JsonObject[], model: ModelInfo): void {
  for (const [index, content] of contents.entries()) {
    const calls = partsWith(content, "functionCall");
    const answers = partsWith(content, "functionResponse");
    for (const part of [...calls, ...answers]) {
      const held = objectOf(part["functionCall"] ?? part["functionResponse"]);
      if (textOf(held["name"]) === "")
        throw refused(`contents[${index}].parts`, "a function has no name.");
    }
    if (answers.some((part) => !isJsonObject(objectOf(part["functionResponse"])["response"]))) {
      throw refused(`contents[${index}].parts`, "a function response has no response.");
    }
    const before = contents[index - 1];
    const called = before === undefined ? 0 : partsWith(before, "functionCall").length;
    if ((answers.length > 0 || called > 0) && answers.length !== called) {
      throw invalidArgument(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
      );
    }
  }
  if (model.thinking === "level") checkSignatures(contents);
}

/** Only the turn that goes on is checked: what came before the last thing that a person said is not. */
function checkSignatures(contents: readonly JsonObject[]): void {
  const said = contents.findLastIndex(
    (content) => textOf(content["role"]) !== "model" && partsWith(content, "text").length > 0,
  );
  for (const content of contents.slice(said + 1)) {
    const [first] = partsWith(content, "functionCall");
    if (first === undefined || textOf(first["thoughtSignature"]) !== "") continue;
    const name = textOf(objectOf(first["functionCall"])["name"]);
    throw invalidArgument(`Function call \`${name}\` is missing a \`thought_signature\`.`);
  }
}

function partsWith(content: JsonObject, field: string): readonly JsonObject[] {
  return objectsOf(content["parts"]).filter((part) => part[field] !== undefined);
}
