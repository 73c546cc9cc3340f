-- wrk counts seconds, not events. This script makes it send exactly BENCH_EVENTS, and reads the
-- clock and the CPU time at the first answer and at the last. It works with one thread only (-t1):
-- its state belongs to the thread.

local ffi = require("ffi")
ffi.cdef([[
  struct bench_time { long seconds; long fraction; };
  struct bench_usage { struct bench_time user, system; long others[14]; };
  int clock_gettime(int clock, struct bench_time *time);
  int getrusage(int who, struct bench_usage *usage);
  int getpid(void);
  int kill(int pid, int signal);
]])
local CLOCK_MONOTONIC, RUSAGE_SELF, SIGINT = 1, 0, 2
local NEVER_MS = 3600000
local QUANTILES = 1000

local EVENTS = tonumber(os.getenv("BENCH_EVENTS"))
local CONVERSATIONS = tonumber(os.getenv("BENCH_CONVERSATIONS"))

local time, usage = ffi.new("struct bench_time"), ffi.new("struct bench_usage")

local function now()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, time)
  return tonumber(time.seconds) * 1e9 + tonumber(time.fraction)
end

local function cpu_seconds()
  ffi.C.getrusage(RUSAGE_SELF, usage)
  return tonumber(usage.user.seconds + usage.system.seconds)
    + tonumber(usage.user.fraction + usage.system.fraction) / 1e6
end

local function peak_rss_kb()
  for line in io.lines("/proc/self/status") do
    local found = line:match("^VmHWM:%s+(%d+) kB")
    if found then return tonumber(found) end
  end
end

local main_thread
function setup(thread)
  main_thread = thread
end

local requests, count = {}, math.min(CONVERSATIONS, EVENTS)
function init()
  wrk.method = "POST"
  wrk.body = '{"type":"custom:my-event","from":"MEM-e46d9542-752a-4786-8f12-25a2e623a793","body":{"key":"value"}}'
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/json"
  for i = 0, count - 1 do
    local conversation = string.format("CON-00000000-0000-4000-8000-%012d", i)
    requests[i] = wrk.format(nil, "/v0.3/conversations/" .. conversation .. "/events")
  end
end

-- Called once before each request, but not before the request that wrk reads without sending it. A
-- connection without an event left waits here for the end.
local allowed = 0
function delay()
  allowed = allowed + 1
  return allowed <= EVENTS and 0 or NEVER_MS
end

local asked = 0
function request()
  asked = asked + 1
  return requests[asked % count]
end

answers, refused = 0, 0
function response(status, headers, body)
  if status ~= 201 or not body:find('"id":', 1, true) then refused = refused + 1 end
  answers = answers + 1
  if answers == 1 then
    first_ns, first_cpu = now(), cpu_seconds()
  end
  if answers == EVENTS then
    end_ns, end_cpu = now(), cpu_seconds()
    wrk.thread:stop()
    -- Otherwise the main thread would sleep until wrk's duration is over.
    ffi.C.kill(ffi.C.getpid(), SIGINT)
  end
end

function done(summary, latency)
  local thread = main_thread
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  if thread:get("answers") ~= EVENTS or thread:get("refused") > 0 or broken > 0 then
    io.stderr:write(string.format("%d answers, %d of them refusals, %d errors\n",
      thread:get("answers"), thread:get("refused"), broken))
    os.exit(1)
  end
  local latencies = {}
  for i = 1, QUANTILES do
    latencies[i] = string.format("%d", latency:percentile((i - 0.5) * 100 / QUANTILES))
  end
  print(string.format(
    '{"first_ns":%.0f,"begin_ns":%.0f,"end_ns":%.0f,"cpu_s":%.6f,"created":%d,"latencies_us":[%s],"peak_rss_kb":%d}',
    thread:get("first_ns"), thread:get("first_ns"), thread:get("end_ns"),
    thread:get("end_cpu") - thread:get("first_cpu"), EVENTS,
    table.concat(latencies, ","), peak_rss_kb()))
end
