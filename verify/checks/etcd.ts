import { units } from "../../node/layout";
import { ControllerOutput } from "../../outputs";
import { ask, askAny, Asked, judge } from "../ask";
import { Check, Context, Seen, shellOn, verdict } from "../check";
import { Member, memberCommand, readMember } from "./etcdMember";

/** Asks each member by itself, on its own machine, so that one that is down is named and the others are heard. */
export const etcdCluster: Check = {
  name: "etcd: every member healthy, one leader",
  async run(context) {
    const asked = await ask(context, ({ internalIp }) => memberCommand(internalIp));
    if (asked.answers.length + asked.failures.length === 0)
      return judge(
        asked,
        () => [],
        () => "",
      );
    const members = asked.answers.map(({ controller, stdout }) => readMember(controller.name, stdout));
    members.push(...(await fromElsewhere(context, asked)));
    return { ...judgeMembers(context, members, asked), unreached: asked.unreached };
  },
};

/** Members on machines that SSH does not reach, as another machine sees them. */
async function fromElsewhere(context: Context, { answers, unreached }: Asked): Promise<Member[]> {
  const askers = answers.map(({ controller }) => controller);
  const missing = context.outputs.controllers.filter(({ name }) => unreached.some(({ machine }) => machine === name));
  const look = async ({ name, internalIp }: ControllerOutput) =>
    readMember(name, await askAny(context, memberCommand(internalIp), askers));
  return askers.length === 0 ? [] : Promise.all(missing.map(look));
}

function judgeMembers(context: Context, members: Member[], asked: Asked): Seen {
  const n = context.outputs.controllers.length;
  const answering = members.filter(({ silent }) => silent === undefined);
  const healthy = answering.filter(({ reason }) => reason === undefined).length;
  const raised = alarms(context, answering);
  return verdict(
    [
      ...silence(context, members, asked),
      ...asked.failures,
      ...raised,
      ...answering.flatMap(({ name, reason }) =>
        reason === undefined || (reason.startsWith("ALARM") && raised.length > 0)
          ? []
          : [`etcd on ${name} is unhealthy: ${reason}`],
      ),
      ...answering.flatMap(({ name, learner }) =>
        learner ? [`etcd on ${name} is a learner, which does not vote`] : [],
      ),
      ...leadership(answering),
      ...answering.flatMap(({ name, listed }) =>
        listed === undefined || listed === n
          ? []
          : [
              `etcd on ${name} lists ${listed} members, expected ${n}: ${shellOn(context, name)}, then sudo -i etcdctl member list`,
            ],
      ),
    ],
    `${n} members, ${healthy} healthy, 1 leader, v${answering[0]?.version}`,
  );
}

/** The members that do not answer, and whether the others are a majority. */
function silence(context: Context, members: Member[], { unreached }: Asked): string[] {
  const n = context.outputs.controllers.length;
  const majority = Math.floor(n / 2) + 1;
  const silent = members.filter(({ silent }) => silent !== undefined);
  const answering = members.length - silent.length;
  const lost = n > 1 && n - silent.length < majority;
  const others = n > 1 && !lost && members.length === n ? `; the other ${COUNT[answering]} do` : "";
  const complaints = silent.map(({ name, silent: why }) => {
    const away = unreached.some(({ machine }) => machine === name);
    const wayOut = away ? "" : `: ${shellOn(context, name)}, then sudo journalctl -u ${units.etcd}`;
    return `etcd on ${name} does not answer (${why})${others}${wayOut}`;
  });
  const majorityLost = `etcd has lost its majority, and the API cannot write: ${answering} of ${n} members answer, ${majority} must`;
  return lost ? [majorityLost, ...complaints] : complaints;
}

const COUNT = ["none", "one", "two", "three", "four"];

/** An alarm stops writes on every member, and any member can tell whose alarm it is. */
function alarms(context: Context, members: Member[]): string[] {
  const raised = new Set(members.flatMap(({ alarms }) => alarms.map(({ member, alarm }) => `${alarm} ${member}`)));
  return [...raised].map((each) => {
    const [alarm, id] = each.split(" ") as [string, string];
    const member = members.find((m) => m.id === id);
    const name = member?.name ?? `member ${id}`;
    if (alarm !== "NOSPACE")
      return `etcd raised the alarm ${alarm} on ${name}: its data may differ from the others'; see etcd's documentation on data corruption`;
    const used = member && `, which uses ${mebibytes(member.size)} of ${mebibytes(member.quota)} MiB`;
    return (
      `etcd takes no writes: alarm NOSPACE on ${name}${used ?? ""}. ${shellOn(context, members[0]!.name)}, then ` +
      `sudo -i etcdctl compact ${members[0]!.revision}; on each controller sudo -i etcdctl defrag; then sudo -i etcdctl alarm disarm`
    );
  });
}

const mebibytes = (bytes: number) => Math.ceil(bytes / 1024 ** 2);

function leadership(members: Member[]): string[] {
  const leaders = new Set(members.map(({ leader }) => leader));
  // A member without a leader has said so as the reason why it is unhealthy.
  leaders.delete(undefined);
  if (leaders.size <= 1) return [];
  const nameOf = (id: string) => members.find((m) => m.id === id)?.name ?? `member ${id}`;
  return [`etcd's members follow ${leaders.size} leaders: ${[...leaders].map((id) => nameOf(id!)).join(", ")}`];
}
