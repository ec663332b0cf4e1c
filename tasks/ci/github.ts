import { TaskError } from "../error";

/** The fields of a comment or an issue that are used here. */
export interface Post {
  id: number;
  number: number;
  body: string | null;
  user: { login: string; type: string } | null;
}

/** A variable from the environment of a workflow. Throws a TaskError when it is not set. */
export function fromWorkflow(name: string): string {
  const value = process.env[name];
  if (!value) throw new TaskError(`${name} must be set: this task runs in a workflow of GitHub Actions`);
  return value;
}

/** URL of a workflow run, by default this one. */
export const runPage = (id = fromWorkflow("GITHUB_RUN_ID")) =>
  `${fromWorkflow("GITHUB_SERVER_URL")}/${fromWorkflow("GITHUB_REPOSITORY")}/actions/runs/${id}`;

/** Sends a request to GitHub's API. `path` is below the repository. Throws a TaskError with GitHub's answer if it fails. */
export async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const url = `${fromWorkflow("GITHUB_API_URL")}/repos/${fromWorkflow("GITHUB_REPOSITORY")}/${path}`;
  const response = await fetch(url, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${fromWorkflow("GITHUB_TOKEN")}`,
      "content-type": "application/json",
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new TaskError(`${method} ${path}: GitHub answered ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

/** All items of a list, from all of its pages. */
export async function list<T>(path: string): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; ; page++) {
    const found = await ask<T[]>("GET", `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
    all.push(...found);
    if (found.length < 100) return all;
  }
}

/** The post with this marker that a workflow wrote. Anybody can write the marker, so posts of others do not count. */
export const own = (posts: Post[], marker: string) =>
  posts.find(({ body, user }) => user?.login === "github-actions[bot]" && body?.startsWith(marker));
