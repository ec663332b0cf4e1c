import { TaskError } from "../error";

/** A comment or an issue, as far as it is used here. */
export interface Post {
  id: number;
  number: number;
  body: string | null;
  user: { login: string; type: string } | null;
}

/** What a workflow is told about itself, from the environment that GitHub gives it. */
export function fromWorkflow(name: string): string {
  const value = process.env[name];
  if (!value) throw new TaskError(`${name} is not set: this is for a workflow of GitHub Actions`);
  return value;
}

/** The page of this run, with its log. */
export const runPage = (id = fromWorkflow("GITHUB_RUN_ID")) =>
  `${fromWorkflow("GITHUB_SERVER_URL")}/${fromWorkflow("GITHUB_REPOSITORY")}/actions/runs/${id}`;

/** One request to GitHub's API, `path` below the repository. Throws a TaskError with GitHub's answer. */
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

/** Every page of a list. */
export async function list<T>(path: string): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; ; page++) {
    const found = await ask<T[]>("GET", `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
    all.push(...found);
    if (found.length < 100) return all;
  }
}

/** The one that a workflow wrote with this marker before. Others may write the marker too; theirs is left alone. */
export const own = (posts: Post[], marker: string) =>
  posts.find(({ body, user }) => user?.login === "github-actions[bot]" && body?.startsWith(marker));
