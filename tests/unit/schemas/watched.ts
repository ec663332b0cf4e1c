type Resource = (new (name: string, args: object | undefined, options: unknown) => object) & { __pulumiType: string };

/** Wraps a provider's npm package. Calls `made` with the arguments of each new resource, before its class drops unknown ones. */
export function watched(module: object, made: (name: string, token: string, args: object) => void): object {
  const get = (target: object, key: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, key);
    if (typeof value === "function" && "__pulumiType" in value) return watchedClass(value as Resource, made);
    return typeof value === "object" && value !== null && "__esModule" in value ? watched(value, made) : value;
  };
  return new Proxy(module, { get });
}

function watchedClass(resource: Resource, made: Parameters<typeof watched>[1]): Resource {
  const type = resource.__pulumiType;
  return new Proxy(resource, {
    construct(target, [name, args, options]: ConstructorParameters<Resource>) {
      made(name, type.includes(":") ? type : `pulumi:providers:${type}`, args ?? {});
      return new target(name, args, options);
    },
  });
}
