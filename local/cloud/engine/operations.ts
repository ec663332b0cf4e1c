/** Asynchronous operations: recorded together with the change that they carry out, and resumed by the next daemon. */
import { randomBytes } from "node:crypto";
import { OperationFailure } from "../state/failure";
import { newId, timestamp } from "../state/ids";
import { parsePath, Place, pathOf } from "../state/path";
import { CloudState, Operation, Path } from "../state/model";
import { Store } from "../state/store";

/** Number of operations to keep. The oldest finished ones beyond it are removed. */
const KEPT = 200;

export interface Intent {
  /** The place of the target, where the operation is listed. */
  place: Place;
  /** Google's name for the operation: `insert`, `delete`, `setTags`, … */
  type: string;
  target: Path;
  targetId: string;
  requestId?: string;
}

/** Carries out an operation. `resumed`: an earlier daemon may have done part of it. A rejection fails the operation. */
export type Execute = (operation: Operation, resumed: boolean) => Promise<void>;

export class Operations {
  private readonly running = new Map<Path, Promise<void>>();

  constructor(
    private readonly store: Store,
    private readonly execute: Execute,
    private readonly onFailure: (operation: Operation, error: Error) => void,
  ) {}

  /** Records an operation in a draft. Call {@link launch} when the draft is committed. */
  begin(draft: CloudState, { place, type, target, targetId, requestId }: Intent): Path {
    const now = timestamp();
    const name = `operation-${Date.now()}-${randomBytes(8).toString("hex")}`;
    const path = pathOf(place, "operations", name);
    const id = newId();
    draft.operations[path] = {
      id,
      name,
      operationType: type,
      target,
      targetId,
      status: "RUNNING",
      progress: 0,
      insertTime: now,
      startTime: now,
      ...(requestId && { clientOperationId: requestId }),
    };
    prune(draft);
    return path;
  }

  /** Records an operation that has failed from the start. */
  refuse(draft: CloudState, intent: Intent, failure: OperationFailure): Path {
    const path = this.begin(draft, intent);
    end(draft.operations[path]!, failure);
    return path;
  }

  launch(path: Path, resumed = false): void {
    const operation = this.store.state.operations[path];
    if (!operation || operation.status === "DONE" || this.running.has(path)) return;
    const work = this.carryOut(path, operation, resumed).finally(() => this.running.delete(path));
    this.running.set(path, work);
  }

  /** Launches all operations that an earlier daemon left unfinished. */
  resume(): void {
    Object.keys(this.store.state.operations).forEach((path) => this.launch(path, true));
  }

  /** Resolves when the operation is done, or after `ms` milliseconds. */
  async wait(path: Path, ms: number): Promise<void> {
    const work = this.running.get(path);
    if (!work) return;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      timer.unref();
    });
    await Promise.race([work, deadline]);
    clearTimeout(timer);
  }

  /** Whether an unfinished operation of one of these types has this target. */
  busy(target: Path, types: string[]): boolean {
    return Object.values(this.store.state.operations).some(
      (operation) =>
        operation.target === target && operation.status !== "DONE" && types.includes(operation.operationType),
    );
  }

  private async carryOut(path: Path, operation: Operation, resumed: boolean): Promise<void> {
    let failure: OperationFailure | undefined;
    try {
      await this.execute(operation, resumed);
    } catch (error) {
      failure =
        error instanceof OperationFailure
          ? error
          : new OperationFailure("INTERNAL_ERROR", `Internal error: ${(error as Error).message}`, 500);
      this.onFailure(operation, error as Error);
    }
    await this.store.record((draft) => finish(draft, path, failure));
  }
}

function end(operation: Operation, failure?: OperationFailure): void {
  operation.status = "DONE";
  operation.progress = 100;
  operation.endTime = timestamp();
  if (!failure) return;
  operation.error = { code: failure.code, message: failure.message };
  operation.httpErrorStatusCode = failure.httpStatus;
}

function finish(draft: CloudState, path: Path, failure: OperationFailure | undefined): void {
  const operation = draft.operations[path];
  if (!operation) return;
  end(operation, failure);
  if (failure && operation.operationType === "insert") discard(draft, operation.target);
}

/** Removes a resource that could not be made, with the subnetworks that came with it. */
function discard(draft: CloudState, target: Path): void {
  const collection = parsePath(target)?.collection;
  if (collection && collection in draft)
    delete (draft[collection as keyof CloudState] as Record<Path, unknown>)[target];
  for (const [path, subnet] of Object.entries(draft.subnetworks)) {
    if (subnet.network === target) delete draft.subnetworks[path];
  }
}

function prune(draft: CloudState): void {
  const paths = Object.keys(draft.operations);
  const surplus = paths.length - KEPT;
  if (surplus <= 0) return;
  const done = paths.filter((path) => draft.operations[path]!.status === "DONE");
  for (const path of done.slice(0, surplus)) delete draft.operations[path];
}
