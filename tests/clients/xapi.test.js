// @xapi/xapi 3 drives the store, in both versions of xAPI and through both of its adapters.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import XAPI from "@xapi/xapi";

const { LRS_ENDPOINT: endpoint, LRS_KEY: key, LRS_SECRET: secret } = process.env;
const auth = XAPI.toBasicAuth(key, secret);
const agent = {
  objectType: "Agent",
  account: { homePage: "https://sso.bvhttdl.example", name: randomUUID() },
};
const activity = () => ({
  objectType: "Activity",
  id: `https://lms.bvhttdl.example/${randomUUID()}`,
  definition: { name: { vi: "Khóa học" } },
});
const verb = () => ({ id: `https://lms.bvhttdl.example/verbs/${randomUUID()}` });
const statement = (more) => ({ actor: agent, verb: verb(), object: activity(), ...more });

for (const version of ["1.0.3", "2.0.0"]) {
  for (const adapter of ["axios", "fetch"]) {
    describe(`${version}, ${adapter}`, () => {
      const xapi = new XAPI({ endpoint, auth, version, adapter });

      test("it saves a statement and reads it back", async () => {
        const sent = statement({ result: { success: true } });
        const [statementId] = (await xapi.sendStatement({ statement: sent })).data;
        const { data } = await xapi.getStatement({ statementId });
        assert.deepEqual(data.actor, sent.actor);
        assert.deepEqual(data.object, sent.object);
        assert.equal(data.version, version === "2.0.0" ? "2.0.0" : "1.0.0");
      });

      test("it saves a batch and pages through it", async () => {
        const word = verb();
        const statements = Array.from({ length: 7 }, () => statement({ verb: word }));
        const ids = (await xapi.sendStatements({ statements })).data;
        let page = (await xapi.getStatements({ verb: word.id, limit: 3 })).data;
        const found = [...page.statements];
        while (page.more) {
          page = (await xapi.getMoreStatements({ more: page.more })).data;
          found.push(...page.statements);
        }
        assert.deepEqual(found.map((s) => s.id), ids.reverse());
      });

      test("it queries by agent and activity", async () => {
        const sent = statement();
        const [id] = (await xapi.sendStatement({ statement: sent })).data;
        const { data } = await xapi.getStatements({
          agent, activity: sent.object.id, related_agents: true, ascending: true,
        });
        assert.deepEqual(data.statements.map((s) => s.id), [id]);
      });

      test("it voids", async () => {
        const [statementId] = (await xapi.sendStatement({ statement: statement() })).data;
        await xapi.voidStatement({ actor: agent, statementId });
        await assert.rejects(xapi.getStatement({ statementId }));
        const { data } = await xapi.getVoidedStatement({ voidedStatementId: statementId });
        assert.equal(data.id, statementId);
      });

      test("it sends attachment data and gets it back", async () => {
        const data = new TextEncoder().encode("dữ liệu -- của tệp");
        const attachment = {
          usageType: "http://id.tincanapi.com/attachment/supporting_media",
          display: { en: "Data" },
          contentType: "text/plain",
          length: data.length,
          sha2: createHash("sha256").update(data).digest("hex"),
        };
        const sending = xapi.sendStatement({
          statement: statement({ attachments: [attachment] }),
          attachments: [data.buffer.slice(data.byteOffset, data.byteOffset + data.length)],
        });
        if (adapter === "axios") {  // labels it application/octet-stream in Node
          await assert.rejects(sending, (error) => {
            assert.match(JSON.stringify(error.response?.data ?? error.message), /octet-stream/);
            return true;
          });
          return;
        }
        const [statementId] = (await sending).data;
        const answer = await xapi.getStatement({ statementId, attachments: true });
        const [found, ...parts] = answer.data;
        assert.equal(found.id, statementId);
        assert.equal(parts.length, 1);
        assert.equal(parts[0], "dữ liệu -- của tệp");
      });

      test("it keeps states", async () => {
        const about = { agent, activityId: activity().id };
        const one = { ...about, stateId: "bookmark" };
        await xapi.createState({ ...one, state: { page: 7 } });
        await xapi.createState({ ...one, state: { sound: true } });
        const found = await xapi.getState(one);
        assert.deepEqual(found.data, { page: 7, sound: true });
        const etag = found.headers.etag;
        await xapi.setState({ ...one, state: { page: 8 }, etag, matchHeader: "If-Match" });
        await assert.rejects(
          xapi.setState({ ...one, state: {}, etag, matchHeader: "If-Match" }),
        );
        assert.deepEqual((await xapi.getStates(about)).data, ["bookmark"]);
        await xapi.deleteState(one);
        assert.deepEqual((await xapi.getStates(about)).data, []);
      });

      test("it keeps profiles", async () => {
        const ofActivity = { activityId: activity().id, profileId: "p" };
        await xapi.createActivityProfile({ ...ofActivity, profile: { a: 1 } });
        const found = await xapi.getActivityProfile(ofActivity);
        assert.deepEqual(found.data, { a: 1 });
        await xapi.setActivityProfile({
          ...ofActivity, profile: { b: 2 }, etag: found.headers.etag, matchHeader: "If-Match",
        });
        assert.deepEqual((await xapi.getActivityProfile(ofActivity)).data, { b: 2 });
        await xapi.deleteActivityProfile(ofActivity);
        const ofAgent = { agent, profileId: `p-${version}-${adapter}` };
        await xapi.setAgentProfile({
          ...ofAgent, profile: { c: 3 }, etag: "*", matchHeader: "If-None-Match",
        });
        assert.deepEqual((await xapi.getAgentProfile(ofAgent)).data, { c: 3 });
        await xapi.deleteAgentProfile(ofAgent);
      });

      test("it asks for agents, activities and what the store speaks", async () => {
        assert.deepEqual((await xapi.getAgent({ agent })).data.account, [agent.account]);
        const target = activity();
        await xapi.sendStatement({ statement: statement({ object: target }) });
        const { data } = await xapi.getActivity({ activityId: target.id });
        assert.deepEqual(data.definition, target.definition);
        assert.ok((await xapi.getAbout()).data.version.includes(version));
      });
    });
  }
}
