import { ArmError } from './arm-error.ts';
import { answerOperation } from './long-running.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, parameterOf, subscriptionOf } from './route.ts';
import { DISK_API_VERSIONS } from './routes-disks.ts';

function operationOf(request: ArmRequest): ArmAnswer {
  const { state, query } = request;
  const id = request.values[request.values.length - 1] ?? '';
  subscriptionOf(state, parameterOf(request, 0));
  const operation = state.operations.find(id);
  if (operation === undefined || operation.subscriptionId.toLowerCase() !== parameterOf(request, 0).toLowerCase()) {
    throw new ArmError(404, 'NotFound', `The operation '${id}' was not found.`);
  }
  return answerOperation(operation, query.get('monitor') === 'true');
}

const anyVersion: readonly string[] = [];
const operationsDo = 'the status of a long-running operation, or its result with monitor=true';

/** Routes by which long-running operations are followed. */
export const operationRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/DiskOperations/{operationId}',
    versions: DISK_API_VERSIONS,
    does: operationsDo,
    compute: 'GetOperation',
    answer: operationOf,
  },
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/operations/{operationId}',
    versions: anyVersion,
    does: operationsDo,
    compute: 'GetOperation',
    answer: operationOf,
  },
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Network/locations/{location}/operations/{operationId}',
    versions: anyVersion,
    does: operationsDo,
    answer: operationOf,
  },
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Resources/locations/{location}/operations/{operationId}',
    versions: anyVersion,
    does: operationsDo,
    answer: operationOf,
  },
];
