import { CloudState, Restrictions } from "../../state/model";

const NONE: Restrictions = {
  disabledServices: [],
  deniedPermissions: [],
  quotas: {},
  policies: [],
  exhaustedZones: [],
  guestAttributeLimits: false,
};

export const restrictionsOf = (state: CloudState, project: string): Restrictions =>
  state.projects[project]?.restrictions ?? NONE;
