/** Operations: the only way in which a handler changes the state. */
import type { FastifyRequest } from "fastify";
import type { Cloud } from "../engine/cloud";
import { OperationFailure } from "../state/failure";
import { CloudState, Operation, Path } from "../state/model";
import { parsePath, Place } from "../state/path";
import { link, PREFIX } from "./links";

const PHRASES: Record<number, string> = {
  400: "BAD REQUEST",
  403: "FORBIDDEN",
  404: "NOT FOUND",
  409: "CONFLICT",
  500: "INTERNAL SERVER ERROR",
  503: "SERVICE UNAVAILABLE",
};

export function renderOperation(
  path: Path,
  operation: Operation,
): Record<string, unknown> & { selfLink: string; name: string } {
  const { scope, location, project } = parsePath(path)!;
  const { error, httpErrorStatusCode } = operation;
  return {
    kind: "compute#operation",
    id: operation.id,
    name: operation.name,
    ...(scope !== "global" && { [scope.slice(0, -1)]: `${PREFIX}projects/${project}/${scope}/${location}` }),
    ...(operation.clientOperationId && { clientOperationId: operation.clientOperationId }),
    operationType: operation.operationType,
    targetLink: link(operation.target),
    targetId: operation.targetId,
    status: operation.status,
    user: "local",
    progress: operation.progress,
    insertTime: operation.insertTime,
    startTime: operation.startTime,
    ...(operation.endTime && { endTime: operation.endTime }),
    ...(error && { error: { errors: [error] } }),
    ...(httpErrorStatusCode && {
      httpErrorStatusCode,
      httpErrorMessage: PHRASES[httpErrorStatusCode] ?? "ERROR",
    }),
    selfLink: link(path),
  };
}

/**
 * Applies a caller's change to `target` and starts the operation for it. The recipe checks and changes a draft in one step,
 * so that no other change comes between, and returns the target's id. When it throws, nothing changes, and the error is the
 * answer. For an {@link OperationFailure} the answer is an operation with that error, as Google does for problems found late.
 */
export async function operate(
  cloud: Cloud,
  request: FastifyRequest,
  place: Place,
  type: string,
  target: Path,
  recipe: (draft: CloudState) => string,
): Promise<object> {
  const { store, operations } = cloud;
  const { requestId } = request.query as { requestId?: string };
  const intent = { place, type, target, requestId };
  const known = (draft: CloudState) =>
    requestId && Object.keys(draft.operations).find((path) => draft.operations[path]!.clientOperationId === requestId);
  const path = await store
    .update((draft) => known(draft) || operations.begin(draft, { ...intent, targetId: recipe(draft) }))
    .catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error;
      return store.update((draft) => operations.refuse(draft, { ...intent, targetId: "0" }, error));
    });
  operations.launch(path);
  return renderOperation(path, store.state.operations[path]!);
}
