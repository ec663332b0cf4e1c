import { comment } from "./ci/comment";
import { driftIssue } from "./ci/driftIssue";
import { touched } from "./ci/touched";
import { down } from "./down";
import { drift } from "./drift";
import { TaskError } from "./error";
import { kubectl } from "./kubectl";
import { preview } from "./preview";
import { shell } from "./shell";
import { tenant, tenantDown } from "./tenant";
import { ToolFailed } from "./tools";
import { up } from "./up";
import { verify } from "./verify";

const USAGE = `usage: npx tsx tasks/cli.ts TASK [STACK]      (the Makefile's targets; STACK is local unless given)

  up       bring the stack up, then verify it
  preview  what up would do, as pulumi preview --diff
  verify   check the running stack, print a table
  down     destroy the stack
  drift    whether the stack's cloud is still what its settings and state say
  tenant   bring examples/tenant up on the stack; tenant-down destroys it
  kubectl  run kubectl with ARGS from the environment, as an administrator or as PERSON of the tenant
  ssh      a shell on NODE, or CMD there, both from the environment
  touched  the environments that the commits since BASE touch
  comment, drift-issue  for workflows: the plans in PLANS as a comment, as an issue`;

async function main([task = "--help", stack = "local"]: string[]): Promise<number> {
  switch (task) {
    case "up":
      return up(stack);
    case "preview":
      return preview(stack);
    case "verify":
      return verify(stack);
    case "down":
      return down(stack);
    case "drift":
      return drift(stack);
    case "touched":
      return touched(process.env.BASE ?? "");
    case "comment":
      return comment(process.env.PLANS ?? "plans");
    case "drift-issue":
      return driftIssue(process.env.PLANS ?? "plans");
    case "tenant":
      return tenant(stack);
    case "tenant-down":
      return tenantDown(stack);
    case "kubectl":
      return kubectl(stack, process.env.ARGS ?? "", process.env.PERSON || undefined);
    case "ssh":
      return shell(stack, process.env.NODE ?? "", process.env.CMD || undefined);
    case "--help":
    case "-h":
      console.log(USAGE);
      return 0;
    default:
      throw new TaskError(`there is no task ${task}\n${USAGE}`);
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    if (error instanceof ToolFailed) process.exitCode = error.code;
    else {
      console.error(error instanceof TaskError ? `hardway: ${error.message}` : error);
      process.exitCode = 1;
    }
  },
);
