import { directories, KeyPairPaths, paths, ports } from "../../../node/layout";
import { ControllerOutput } from "../../../outputs";
import { Context, on } from "../../../verify/check";
import { compute } from "../support";

/** Something that is broken on the running stack, and put back. */
export interface Breakage {
  damage: () => Promise<unknown>;
  mend: () => Promise<unknown>;
}

/** Does `work` while things are broken. Puts all of them back, also when one of them could not be broken or put back. */
export async function whileBroken<T>(breakages: Breakage[], work: () => Promise<T>): Promise<T> {
  const [result] = await Promise.allSettled([all(breakages.map(({ damage }) => damage)).then(work)]);
  await all(breakages.map(({ mend }) => mend));
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/** Side by side. Waits for all to end before it rejects with the first failure. */
async function all(actions: (() => Promise<unknown>)[]): Promise<void> {
  const results = await Promise.allSettled(actions.map((action) => action()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Two scripts for root on a machine. */
function scripts(context: Context, controller: ControllerOutput, damage: string, mend: string): Breakage {
  const run = (script: string) =>
    on(context, controller, `echo ${Buffer.from(`set -e\n${script}`).toString("base64")} | base64 -d | sudo bash`);
  return { damage: () => run(damage), mend: () => run(mend) };
}

export const stoppedUnit = (context: Context, controller: ControllerOutput, unit: string): Breakage =>
  scripts(context, controller, `systemctl stop ${unit}`, `systemctl start ${unit}`);

/** `edit` makes the new content on standard output from a file's name; what reads the file is restarted. */
function changedFile(context: Context, controller: ControllerOutput, path: string, edit: string, restarted?: string) {
  // With --archive the copy keeps owner, mode and times, so that what is put back is what was there.
  const kept = `/root/hardway-e2e-${path.split("/").pop()}`;
  const restart = restarted === undefined ? "" : `systemctl daemon-reload; systemctl restart ${restarted}`;
  const damage = `cp --archive ${path} ${kept}; ${edit.replaceAll("FILE", kept)} >${path}; ! cmp --silent ${path} ${kept}; ${restart}`;
  const mend = `test -e ${kept} || exit 0; cp --archive ${kept} ${path}; ${restart || "true"}; rm ${kept}`;
  return scripts(context, controller, damage, mend);
}

/** The same certificate, signed again by the Kubernetes authority, whose key is on the machine, with three days left of 303. */
export function endingCertificate(context: Context, controller: ControllerOutput, { certificate, key }: KeyPairPaths) {
  const configuration = `
[ca]
default_ca = authority
[authority]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copyall
[any]
commonName = supplied`;
  const date = (offset: string) => `$(date -u -d '${offset}' +%Y%m%d%H%M%SZ)`;
  const sign = [
    "cd $(mktemp -d); touch index",
    `echo '${configuration}' >configuration`,
    `openssl x509 -x509toreq -in FILE -signkey ${key} -copy_extensions copyall -out request`,
    `openssl ca -batch -notext -config configuration -cert ${paths.ca} -keyfile ${paths.caKey} -in request ` +
      `-startdate ${date("-300 days")} -enddate ${date("+3 days 1 hour")} 2>/dev/null`,
  ].join("; ");
  return changedFile(context, controller, certificate, `(${sign})`);
}

const unitFile = (unit: string) => `${directories.units}/${unit}`;

export const otherFlag = (context: Context, controller: ControllerOutput, unit: string, from: string, to: string) =>
  changedFile(context, controller, unitFile(unit), `sed 's/${from}/${to}/' FILE`, unit);

/** kube-apiserver on the machine writes Secrets in plain text, and can still read those that are encrypted. */
export const encryptionOff = (context: Context, controller: ControllerOutput, unit: string): Breakage =>
  changedFile(
    context,
    controller,
    paths.encryptionConfig,
    String.raw`sed -E 's/^( *)- secretbox:/\1- identity: {}\n&/' FILE | awk '!(/identity: \{\}/ && seen++)'`,
    unit,
  );

/** A program listens on every address of the machine. */
export function openPort(context: Context, controller: ControllerOutput, port: number): Breakage {
  const unit = "hardway-e2e-listener";
  const listen = `systemd-run --quiet --unit ${unit} systemd-socket-activate --listen=0.0.0.0:${port} /bin/cat`;
  const waits = `for i in $(seq 50); do ss -Hltn | grep -q ':${port} ' && exit 0; sleep 0.1; done; exit 1`;
  return scripts(context, controller, `${listen}; ${waits}`, `systemctl stop ${unit}`);
}

/** The load balancer's target pool lacks a machine. */
export function outOfPool(controller: ControllerOutput): Breakage {
  const { instance, zone } = controller;
  const pool = `/regions/${zone.replace(/-[a-z]$/, "")}/targetPools/${instance.slice(0, -controller.name.length - 1)}`;
  const body = { instances: [{ instance: `projects/hardway-local/zones/${zone}/instances/${instance}` }] };
  return {
    damage: () => compute("POST", `${pool}/removeInstance`, body),
    mend: () => compute("POST", `${pool}/addInstance`, body),
  };
}

export function machineOff({ instance, zone }: ControllerOutput): Breakage {
  const path = `/zones/${zone}/instances/${instance}`;
  return { damage: () => compute("POST", `${path}/stop`), mend: () => compute("POST", `${path}/start`) };
}

/**
 * The alarm that a member raises when its database is full. etcdctl cannot raise one, so this is the same call that a member
 * makes: Maintenance.Alarm over gRPC, which is HTTP/2 with a message behind five bytes of frame.
 */
export function noSpaceAlarm(context: Context, controller: ControllerOutput, member: bigint): Breakage {
  const message = [...field(1, 1n), ...field(2, member), ...field(3, 1n)];
  const frame = Buffer.from([0, 0, 0, 0, message.length, ...message]).toString("base64");
  const { certificate, key } = paths.etcdOperator;
  const call = [
    `curl --silent --show-error --fail --http2 --cacert ${paths.etcdCa} --cert ${certificate} --key ${key}`,
    "--header 'Content-Type: application/grpc' --header 'TE: trailers' --data-binary @- --output /dev/null",
    `https://127.0.0.1:${ports.etcdClient}/etcdserverpb.Maintenance/Alarm`,
  ].join(" ");
  const etcdctl = "sudo -i etcdctl";
  const raise = `echo ${frame} | base64 -d | ${call}; ${etcdctl} alarm list | grep NOSPACE`;
  return scripts(context, controller, raise, `${etcdctl} alarm disarm; ${etcdctl} alarm list`);
}

/** A number as a field of a protocol buffer: action 1 is ACTIVATE, alarm 1 is NOSPACE (etcd's rpc.proto). */
function field(number: number, value: bigint): number[] {
  const bytes = [number << 3];
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}
