/** Type token of a component of this program. Never change one without an alias: it is part of every child's identity. */
export const componentType = (name: string): string => `hardway:index:${name}`;
