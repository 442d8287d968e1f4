package io.fleetstop.redis;

/** The scripts of a worker of a shared run, by the rules of {@link RunScripts}. */
final class ExchangeScripts {

  /**
   * Ends the lease of a worker: its instances without an intent go back to the ids to do, the
   * others become orphans. So do those of workers that are not registered.
   */
  private static final String RELEASE =
      """
      local function setAwaited(worker, count)
        local before = tonumber(redis.call('HGET', awaited, worker) or 0)
        if count ~= before then
          redis.call('HINCRBY', head, 'awaited', count - before)
          redis.call('HSET', awaited, worker, count)
        end
      end

      local function ownerOf(held) return string.sub(held, 1, -2), string.sub(held, -1) end

      local function handBack(id, flag)
        if flag == 't' then
          redis.call('HDEL', open, id)
          redis.call('LPUSH', todo, id)
          redis.call('HINCRBY', head, 'taken', -1)
        else
          redis.call('HSET', open, id, '0c')
          redis.call('RPUSH', orphans, id)
        end
      end

      local function handBackAll(isToBeHandedBack)
        local all = redis.call('HGETALL', open)
        for i = 1, #all, 2 do
          local owner, flag = ownerOf(all[i + 1])
          if isToBeHandedBack(owner, all[i]) then handBack(all[i], flag) end
        end
      end

      local function release(worker)
        redis.call('ZREM', workers, worker)
        redis.call('HDEL', replies, worker)
        setAwaited(worker, 0)
        redis.call('HDEL', awaited, worker)
        handBackAll(function(owner) return owner == worker end)
      end

      local function sweep()
        local known = {['0'] = redis.call('LLEN', orphans) > 0}
        handBackAll(function(owner)
          if known[owner] == nil then
            known[owner] = redis.call('ZSCORE', workers, owner) and true or false
          end
          return not known[owner]
        end)
      end
      """;

  /**
   * Whether the run exceeds its failure limit: as {@link SharedRunDecisions#failure}, but in the
   * step that records an intent, so that a worker whose counts are old sends no other call.
   */
  private static final String LIMIT =
      """
      local function isLimitExceeded()
        local run = redis.call('HMGET', head, 'state', 'limit', 'FAILED', 'UNCONFIRMED',
          'failuresBefore', 'outcomesBefore', 'awaited')
        if run[1] == 'failed' then return true end
        local function number(index) return tonumber(run[index] or 0) or 0 end
        local failures = number(3) + number(4) - number(5)
        local percent = string.match(run[2] or '', '^(.*)%%$')
        if not percent then return failures > number(2) end
        local answered = redis.call('XLEN', outcomes) + number(7) - number(6)
        return answered >= 20 and failures * 100 > (tonumber(percent) or 0) * answered
      end
      """;

  /** The reply to the last exchange of a worker that had an effect, and its number. */
  private static final String REPLIES =
      """
      local function lastReply(worker)
        local text = redis.call('HGET', replies, worker)
        local readable, last = pcall(cmsgpack.unpack, text or '')
        return readable and type(last) == 'table' and last or {'0'}
      end

      local function keepReply(worker, reply)
        redis.call('HSET', replies, worker, cmsgpack.pack(reply))
      end
      """;

  /** Redis adds the entry first: if it cannot, nothing has changed. */
  private static final String RECORD =
      """
      local lastId = ''
      local function record(id, kind, text)
        lastId = redis.call('XADD', outcomes, '*', 'o', text)
        redis.call('HDEL', open, id)
        redis.call('HINCRBY', head, kind, 1)
      end
      """;

  /**
   * Exchanges what a worker did for what it may do, and extends its lease. Arguments: the worker,
   * the number of the exchange, the number of the last one that had an effect, the lease in ms, the
   * number of instances that the worker awaits, the number of ids wanted, 1 if instances of unknown
   * workers are to be released; the numbers of outcomes and of intents; then the outcomes (id,
   * kind, text) and the ids of the intents. The instances of a worker whose lease has expired are
   * released. Orphans are taken first, and marked {@code !}.
   *
   * <p>Replies {@code forgotten} if Redis does not know the worker, or not its last exchange: its
   * lease was taken, or Redis has lost writes. Otherwise the status, one digit for each outcome and
   * intent, the ids, and the entry of the last outcome. The digits are 1 for stored, 0 if the
   * worker has not the instance, and 2 for an intent that is refused because the run exceeded its
   * failure limit.
   */
  static final RedisScript EXCHANGE =
      new RedisScript(
          RunScripts.PROLOGUE
              + RunScripts.STATUS
              + RELEASE
              + LIMIT
              + REPLIES
              + RECORD
              + RunScripts.REQUIRE_RUN
              + """
              local worker = ARGV[1]
              if not redis.call('ZSCORE', workers, worker) then return {'forgotten'} end
              local last = lastReply(worker)
              if last[1] ~= ARGV[2] and last[1] ~= ARGV[3] then return {'forgotten'} end
              redis.call('ZADD', workers, now + ARGV[4], worker)
              if last[1] == ARGV[2] then
                return {'ok', status(), last[2], last[3], last[4]}
              end

              local dead = redis.call('ZRANGEBYSCORE', workers, '-inf', now, 'LIMIT', 0, 1)[1]
              if dead then release(dead) end
              if ARGV[7] == '1' then sweep() end

              local function flagOf(id)
                local held = redis.call('HGET', open, id)
                return held and string.sub(held, 1, -2) == worker and string.sub(held, -1)
              end

              local results = {}
              local at = 10
              for i = 1, ARGV[8] do
                local mine = flagOf(ARGV[at])
                if mine then record(ARGV[at], ARGV[at + 1], ARGV[at + 2]) end
                results[#results + 1] = mine and '1' or '0'
                at = at + 3
              end
              setAwaited(worker, tonumber(ARGV[5]))
              local refused = isLimitExceeded()
              for i = 1, ARGV[9] do
                local flag = flagOf(ARGV[at])
                if flag == 't' and not refused then
                  redis.call('HSET', open, ARGV[at], worker .. 'c')
                end
                results[#results + 1] = not flag and '0' or refused and '2' or '1'
                at = at + 1
              end

              local ids = {}
              local want = tonumber(ARGV[6])
              local run = redis.call('HMGET', head, 'state', 'waveFrom', 'wave', 'taken', 'waves')
              if run[1] == 'running' and want > 0 then
                while want > 0 do
                  local id = redis.call('LPOP', orphans)
                  if not id then break end
                  redis.call('HSET', open, id, worker .. 'c')
                  ids[#ids + 1] = '!' .. id
                  want = want - 1
                end
                local number = 0
                for size in string.gmatch(run[5], '%d+') do
                  if number == tonumber(run[3]) then
                    want = math.min(want, size - run[4])
                    break
                  end
                  number = number + 1
                end
                if want > 0 and now >= tonumber(run[2] or 0) then
                  for _, id in ipairs(redis.call('LPOP', todo, want) or {}) do
                    redis.call('HSET', open, id, worker .. 't')
                    redis.call('HINCRBY', head, 'taken', 1)
                    ids[#ids + 1] = id
                  end
                end
              end
              local flags = table.concat(results)
              if flags ~= '' or #ids > 0 then
                keepReply(worker, {ARGV[2], flags, ids, lastId})
              end
              if redis.call('XLEN', outcomes) == tonumber(redis.call('HGET', head, 'total'))
                  and redis.call('HSETNX', head, 'ended', now) == 1 then
                for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 604800) end
              end
              return {'ok', status(), flags, ids, lastId}
              """);

  /**
   * Registers a worker whose memory Redis has lost, wholly or in part, and takes over what it
   * knows. Arguments: the worker, the number of the exchange, the lease in ms, the numbers of
   * outcomes and of instances; the outcomes that were stored and are lost (id, kind, text), and the
   * instances that the worker has, after a letter: {@code c} if an intent was stored, else {@code
   * t}.
   *
   * <p>An outcome is stored again unless the instance has one. An instance is the worker's again if
   * no other worker has it: it is queued, an orphan, or nowhere, without an outcome. What else
   * Redis has of this worker is released. Replies with a digit for each outcome and instance, 1 or
   * 0, and the entry of the last outcome; or {@code loading} if the end of the load is lost, so
   * that another one will add instances.
   */
  static final RedisScript RECLAIM =
      new RedisScript(
          RunScripts.PROLOGUE
              + RELEASE
              + REPLIES
              + RECORD
              + RunScripts.REQUIRE_RUN
              + """
              local worker = ARGV[1]
              local run = redis.call('HMGET', head, 'state', 'total')
              if run[1] == 'loading' then return {'loading'} end
              redis.call('ZADD', workers, now + ARGV[3], worker)
              local last = lastReply(worker)
              if last[1] == ARGV[2] then return {'ok', last[2], last[4]} end

              -- Nothing but a search shows which instances are nowhere.
              local missing = tonumber(run[2]) - redis.call('LLEN', todo)
                - redis.call('HLEN', open) - redis.call('XLEN', outcomes)
              local recorded
              local function hasOutcome(id)
                if not recorded then
                  recorded = {}
                  local from = '-'
                  repeat
                    local page = redis.call('XRANGE', outcomes, from, '+', 'COUNT', 1000)
                    for _, entry in ipairs(page) do
                      recorded[string.match(entry[2][2], '^%a([^\\t]*)') or ''] = true
                      from = '(' .. entry[1]
                    end
                  until #page < 1000
                end
                return recorded[id]
              end

              local function claim(id, fromOthers)
                local held = redis.call('HGET', open, id)
                if held then
                  local owner, flag = ownerOf(held)
                  if owner == '0' then redis.call('LREM', orphans, 1, id) end
                  return (owner == worker or owner == '0' or fromOthers) and flag
                end
                if redis.call('LREM', todo, 1, id) == 1 then
                  redis.call('HINCRBY', head, 'taken', 1)
                  return 't'
                end
                if missing <= 0 or hasOutcome(id) then return false end
                missing = missing - 1
                return 't'
              end

              local results = {}
              local at = 6
              for i = 1, ARGV[4] do
                local free = claim(ARGV[at], true)
                if free then record(ARGV[at], ARGV[at + 1], ARGV[at + 2]) end
                results[#results + 1] = free and '1' or '0'
                at = at + 3
              end
              local mine = {}
              for i = 1, ARGV[5] do
                local id = string.sub(ARGV[at], 2)
                local flag = claim(id, false)
                if flag then
                  if flag == 't' then flag = string.sub(ARGV[at], 1, 1) end
                  redis.call('HSET', open, id, worker .. flag)
                  mine[id] = true
                end
                results[#results + 1] = flag and '1' or '0'
                at = at + 1
              end
              handBackAll(function(owner, id) return owner == worker and not mine[id] end)
              local flags = table.concat(results)
              keepReply(worker, {ARGV[2], flags, {}, lastId})
              return {'ok', flags, lastId}
              """);

  /** Releases the instances of a worker that has ended. Argument: the worker. */
  static final RedisScript LEAVE =
      new RedisScript(
          RunScripts.PROLOGUE
              + RELEASE
              + RunScripts.REQUIRE_RUN
              + """
              release(ARGV[1])
              return {'ok'}
              """);

  private ExchangeScripts() {}
}
