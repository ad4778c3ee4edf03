// tincanjs 0.50 drives the store: save, query with more, voiding, attachments, state, profiles, about.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import TinCan from "tincanjs";

const { LRS_ENDPOINT: endpoint, LRS_KEY: username, LRS_SECRET: password } = process.env;
const lrs = new TinCan.LRS({ endpoint, username, password, version: "1.0.2", allowFail: false });

const agent = new TinCan.Agent({
  account: { homePage: "https://sso.bvhttdl.example", name: randomUUID() },
});
const activity = () => new TinCan.Activity({ id: `https://lms.bvhttdl.example/${randomUUID()}` });
const verb = () => ({ id: `https://lms.bvhttdl.example/verbs/${randomUUID()}` });
const statement = (more) =>
  new TinCan.Statement({ actor: agent, verb: verb(), target: activity(), ...more });

/** The result of a method whose last argument is a configuration with a callback. */
const call = (method, ...args) =>
  new Promise((resolve, reject) => {
    const config = args.at(-1)?.config;
    const callback = (error, result) => {
      if (error === null) resolve(result);
      else reject(Object.assign(new Error(`${error}: ${result?.responseText}`), { status: error }));
    };
    lrs[method](...(config ? args.slice(0, -1) : args), { ...config, callback });
  });

test("it saves a statement and reads it back", async () => {
  const sent = statement({ result: { success: true, score: { scaled: 0.5 } } });
  await call("saveStatement", sent);
  const found = await call("retrieveStatement", sent.id);
  assert.equal(found.id, sent.id);
  assert.equal(found.result.score.scaled, 0.5);
  assert.ok(found.stored);
  assert.ok(found.authority.account.homePage);
});

test("a changed statement under the same id is a conflict", async () => {
  const sent = statement();
  await call("saveStatement", sent);
  await call("saveStatement", sent);
  const { id, verb: word, target } = sent;
  const changed = statement({ id, verb: word, target, result: { success: false } });
  await assert.rejects(call("saveStatement", changed), { status: 409 });
});

test("it saves a batch and pages through it", async () => {
  const word = verb();
  const batch = Array.from({ length: 7 }, () => statement({ verb: word }));
  await call("saveStatements", batch);
  let page = await call("queryStatements", { config: { params: { verb: new TinCan.Verb(word), limit: 3 } } });
  const found = [...page.statements];
  while (page.more) {
    page = await call("moreStatements", { config: { url: page.more } });
    found.push(...page.statements);
  }
  assert.deepEqual(found.map((s) => s.id), batch.map((s) => s.id).reverse());
});

test("it queries by agent and activity, oldest first", async () => {
  const target = activity();
  const batch = [statement({ target }), statement(), statement({ target })];
  await call("saveStatements", batch);
  const params = { agent, activity: target, ascending: true, related_activities: true };
  const { statements } = await call("queryStatements", { config: { params } });
  assert.deepEqual(statements.map((s) => s.id), [batch[0].id, batch[2].id]);
});

test("it voids", async () => {
  const sent = statement();
  await call("saveStatement", sent);
  const voided = { id: "http://adlnet.gov/expapi/verbs/voided" };
  await call("saveStatement", statement({ verb: voided, target: new TinCan.StatementRef({ id: sent.id }) }));
  await assert.rejects(call("retrieveStatement", sent.id), { status: 404 });
  assert.equal((await call("retrieveVoidedStatement", sent.id)).id, sent.id);
});

test("it sends attachment data and gets it back", async () => {
  // In Node it makes text of the whole body, so it can send text only.
  const data = Uint8Array.from(new TextEncoder().encode("dữ liệu\r\n\r\n--của tệp\r\n"));
  const attachment = {
    usageType: "http://id.tincanapi.com/attachment/supporting_media",
    display: { en: "Data" },
    contentType: "application/octet-stream",
    length: data.length,
    sha2: createHash("sha256").update(data).digest("hex"),
    content: data.buffer,
  };
  const sent = statement({ attachments: [attachment] });
  await call("saveStatement", sent);
  const found = await call("retrieveStatement", sent.id, { config: { params: { attachments: true } } });
  assert.equal(found.attachments[0].sha2, attachment.sha2);
  assert.deepEqual(new Uint8Array(found.attachments[0].content), data);
  const list = await call("queryStatements", {
    config: { params: { verb: sent.verb, attachments: true } },
  });
  assert.deepEqual(new Uint8Array(list.statements[0].attachments[0].content), data);
});

test("it keeps states", async () => {
  const about = { agent, activity: activity() };
  await call("saveState", "bookmark", "trang 7", { config: about });
  const first = await call("retrieveState", "bookmark", { config: about });
  assert.equal(first.contents, "trang 7");
  await call("saveState", "bookmark", { page: 8 }, {
    config: {
      ...about,
      contentType: "application/json",
      lastSHA1: TinCan.Utils.getSHA1String("trang 7"),
    },
  });
  assert.deepEqual((await call("retrieveState", "bookmark", { config: about })).contents, { page: 8 });
  assert.deepEqual(await call("retrieveStateIds", { config: about }), ["bookmark"]);
  await call("dropState", "bookmark", { config: about });
  assert.equal(await call("retrieveState", "bookmark", { config: about }), null);
});

test("it keeps activity profiles", async () => {
  const about = { activity: activity() };
  await call("saveActivityProfile", "p", "a cover", { config: about });
  const profile = await call("retrieveActivityProfile", "p", { config: about });
  assert.equal(profile.contents, "a cover");
  await assert.rejects(call("saveActivityProfile", "p", "another", { config: about }), { status: 412 });
  const lastSHA1 = profile.etag.replaceAll('"', "");
  await call("saveActivityProfile", "p", "another", { config: { ...about, lastSHA1 } });
  assert.deepEqual(await call("retrieveActivityProfileIds", { config: about }), ["p"]);
  await call("dropActivityProfile", "p", { config: about });
});

test("it keeps agent profiles", async () => {
  await call("saveAgentProfile", "p", { a: 1 }, {
    config: { agent, contentType: "application/json" },
  });
  assert.deepEqual((await call("retrieveAgentProfile", "p", { config: { agent } })).contents, { a: 1 });
  assert.deepEqual(await call("retrieveAgentProfileIds", { config: { agent } }), ["p"]);
  await call("dropAgentProfile", "p", { config: { agent } });
});

test("it reads an activity and what the store speaks", async () => {
  const target = activity();
  assert.equal((await call("retrieveActivity", target.id)).id, target.id);
  const about = await call("about");
  assert.ok(about.version.includes("1.0.2"));
});
