import { parse } from "yaml";
import { directories, paths, units } from "../../../node/layout";
import { ControllerOutput } from "../../../outputs";
import { Context, on } from "../../../verify/check";

type Program = keyof typeof units;

export interface File {
  path: string;
  mode: number;
  /** USER:GROUP */
  owner: string;
}

/** What the benchmark checks on one controller. */
export class Machine {
  private constructor(
    private readonly commandLines: Record<Program, string[]>,
    readonly files: File[],
    readonly schedulerConfig: { enableProfiling?: boolean },
    readonly encryption: { resources: { resources: string[]; providers: Record<string, unknown>[] }[] },
    /** Digests of authorities' certificates, by path. */
    readonly authorities: Record<string, string>,
  ) {}

  static async look(context: Context, controller: ControllerOutput): Promise<Machine> {
    const run = (command: string) => on(context, controller, command);
    const names = Object.keys(units) as Program[];
    const trees = [
      directories.etcdPki,
      directories.etcdData,
      directories.kubernetes,
      "/etc/kubernetes",
      "/etc/cni",
      "/var/lib/cni",
    ];
    const [listing, schedulerConfig, encryption, sums, ...commandLines] = await Promise.all([
      run(
        `sudo find ${trees.join(" ")} ${Object.values(units)
          .map((unit) => `${directories.units}/${unit}`)
          .join(" ")} -printf '%p %m %u:%g\\n' 2>/dev/null || true`,
      ),
      run(`cat ${paths.schedulerConfig}`),
      // Without its key.
      run(`sudo grep -v secret: ${paths.encryptionConfig}`),
      run(`sha256sum ${paths.ca} ${paths.etcdCa}`),
      ...names.map((name) =>
        run(`tr '\\0' '\\n' </proc/$(systemctl show --property=MainPID --value ${units[name]})/cmdline`),
      ),
    ]);
    const files = listing
      .trim()
      .split("\n")
      .map((line) => {
        const [path, mode, owner] = line.split(" ") as [string, string, string];
        return { path, mode: parseInt(mode, 8), owner };
      });
    return new Machine(
      Object.fromEntries(names.map((name, i) => [name, commandLines[i]!.trim().split("\n")])) as Record<
        Program,
        string[]
      >,
      files,
      parse(schedulerConfig) as Machine["schedulerConfig"],
      parse(encryption) as Machine["encryption"],
      Object.fromEntries(
        sums
          .trim()
          .split("\n")
          .map((line) => line.split(/\s+/).reverse() as [string, string]),
      ),
    );
  }

  /** The value of a flag in the running process's arguments, or undefined. */
  flag(program: Program, name: string): string | undefined {
    const given = this.commandLines[program].find((argument) => argument.startsWith(`--${name}=`));
    return given?.slice(name.length + 3);
  }

  list(program: Program, name: string): string[] {
    return this.flag(program, name)?.split(",") ?? [];
  }

  /** The files whose paths are in a program's arguments. */
  given(program: Program): File[] {
    return this.commandLines[program].flatMap((argument) => this.file(argument.replace(/^--.*?=/, "")));
  }

  /** The file at `path`, as a list, which is empty when there is none. */
  file(path: string): File[] {
    return this.files.filter((f) => f.path === path);
  }

  below(directory: string, suffix = ""): File[] {
    return this.files.filter((f) => f.path.startsWith(`${directory}/`) && f.path.endsWith(suffix));
  }
}
