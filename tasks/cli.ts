import { backup } from "./backup/backup";
import { restore } from "./backup/restore";
import { check } from "./check/check";
import { comment } from "./ci/comment";
import { driftIssue } from "./ci/driftIssue";
import { touched } from "./ci/touched";
import { down } from "./down";
import { drift } from "./drift";
import { TaskError } from "./error";
import { kubectl } from "./kubectl";
import { preview } from "./preview";
import { adopt } from "./settle";
import { shell } from "./shell";
import { openStack } from "./stack";
import { tenant, tenantDown } from "./tenant";
import { ToolFailed } from "./tools";
import { up } from "./up";
import { verify } from "./verify";
import { workers, workersDown } from "./workers";

const USAGE = `usage: npx tsx tasks/cli.ts TASK [STACK]      (the targets of the Makefile; STACK defaults to local)

  up           bring the stack up and verify it
  check        ask Google what the stack's project lacks for the first up
  preview      show what up would do
  verify       check the running stack
  down         destroy the stack
  adopt        take over what an interrupted run has made, before a plain pulumi up
  drift        compare the stack's cloud with its settings and state
  tenant       bring examples/tenant up on the stack
  tenant-down  destroy it
  workers      bring workers up on the stack
  workers-down destroy them
  kubectl      run kubectl with the arguments in ARGS, as an administrator or as PERSON of the tenant
  ssh          open a shell on MACHINE, or run CMD there
  backup       take a backup of etcd and copy it into the directory TO
  restore      bring etcd back from the backup FROM
  touched      print the environments that the commits since BASE touch
  comment, drift-issue
               for workflows: post the plans in the directory PLANS as a comment or an issue`;

async function main([task = "--help", name = "local"]: string[]): Promise<number> {
  const { ARGS, BASE, CMD, FROM, MACHINE, NODE, PERSON, PLANS, TO } = process.env;
  switch (task) {
    case "up":
      return up(openStack(name));
    case "check":
      return check(openStack(name));
    case "preview":
      return preview(openStack(name));
    case "verify":
      return verify(openStack(name));
    case "down":
      return down(openStack(name));
    case "adopt":
      return adopt(openStack(name));
    case "drift":
      return drift(openStack(name));
    case "tenant":
      return tenant(openStack(name));
    case "tenant-down":
      return tenantDown(openStack(name));
    case "workers":
      return workers(openStack(name));
    case "workers-down":
      return workersDown(openStack(name));
    case "kubectl":
      return kubectl(openStack(name), ARGS ?? "", PERSON || undefined);
    case "ssh":
      return shell(openStack(name), MACHINE || NODE || "", CMD || undefined);
    case "backup":
      return backup(openStack(name), TO ?? "");
    case "restore":
      return restore(openStack(name), FROM ?? "");
    case "touched":
      return touched(BASE ?? "");
    case "comment":
      return comment(PLANS ?? "plans");
    case "drift-issue":
      return driftIssue(PLANS ?? "plans");
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
