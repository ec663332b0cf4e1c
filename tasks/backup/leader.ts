import { Ssh } from "../../lib/ssh";
import { ControllerOutput, StackOutputs } from "../../outputs";
import { Member, memberCommand, readMember } from "../../verify/checks/etcdMember";

/** A controller and its member of etcd, which may be silent. */
export interface Seat {
  controller: ControllerOutput;
  member: Member;
}

/** Asks each member on its own machine. A machine that SSH does not reach has a silent member. */
export const members = (ssh: Ssh, { controllers }: StackOutputs): Promise<Seat[]> =>
  Promise.all(
    controllers.map(async (controller) => {
      const { stdout } = await ssh.run(controller, memberCommand(controller.internalIp)).catch(() => ({ stdout: "" }));
      return { controller, member: readMember(controller.name, stdout) };
    }),
  );

/** The leader's seat, or else one whose member answers; undefined when none does. */
export const leading = (seats: Seat[]): Seat | undefined =>
  seats.find(({ member }) => member.id !== undefined && member.id === member.leader) ??
  seats.find(({ member }) => member.id !== undefined);
