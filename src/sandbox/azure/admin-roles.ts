import type { IncomingMessage, ServerResponse } from 'node:http';
import { ArmError } from './arm-error.ts';
import { readJson, sendJson } from './exchange.ts';
import { isObject, type Json, listAt, textAt } from './json.ts';
import type { RoleAssignment, RoleDefinition } from './roles.ts';
import type { AzureState } from './state.ts';

/**
 * Who may do what: `GET` reads it, `DELETE` brings back the roles of a new sandbox, `POST` takes
 * `{ definitions?: [{ name, actions, dataActions? }], assignments?: [{ clientId, role, scope }], replace?: true }`.
 *
 * Errors: 400 with what is wrong; nothing has changed then.
 */
export async function answerRoles(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'DELETE') state.roles.reset();
  else if (request.method === 'POST') {
    const body = await readJson(request);
    const definitions = objectsOf(body, 'definitions').map(definitionOf);
    const assignments = objectsOf(body, 'assignments').map(assignmentOf);
    const known = new Set([...state.roles.list().definitions, ...definitions].map((role) => role.name.toLowerCase()));
    const unknown = assignments.find((each) => !known.has(each.role.toLowerCase()));
    if (unknown !== undefined) throw wrong(`there is no role ${unknown.role}`);
    state.roles.define(definitions);
    state.roles.assign(assignments, isObject(body) && body.replace === true);
  }
  sendJson(response, 200, state.roles.list());
}

function objectsOf(body: unknown, name: string): Json[] {
  const list = listAt(body, name);
  if (list.some((each) => !isObject(each))) throw wrong(`${name} is a list of objects`);
  return list.filter(isObject);
}

function definitionOf(value: Json): RoleDefinition {
  const texts = (name: string) => listAt(value, name).map(String);
  return { name: required(value, 'name'), actions: texts('actions'), dataActions: texts('dataActions') };
}

function assignmentOf(value: Json): RoleAssignment {
  const scope = required(value, 'scope');
  if (!scope.startsWith('/')) throw wrong(`the scope ${scope} begins with no /`);
  return { clientId: required(value, 'clientId'), role: required(value, 'role'), scope };
}

function required(value: Json, name: string): string {
  const text = textAt(value, name);
  if (text === null || text === '') throw wrong(`${name} is missing`);
  return text;
}

function wrong(message: string): ArmError {
  return new ArmError(400, 'BadRequest', message);
}
