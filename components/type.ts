/** Type token of a component of this program. Part of every child's identity: never change one. */
export const componentType = (name: string): string => `hardway:index:${name}`;
