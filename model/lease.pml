/*
 * The lease rule of rxlock, small enough for `spin` to try every order of events. docs/model.md explains it.
 *
 * One client, one lock service, somebody else who takes the lock whenever he can, and a network that delays and loses messages.
 * Time passes in ticks, at any moment, whatever is under way.
 *
 * What must never be: the client believes in the lock, and the service has given it to somebody else.
 *
 * Variants, each by -D:
 *   ANCHOR_REPLY       the deadline counts from the arrival of the answer, not from the sending of the request
 *   FACTOR_ONE         the whole ttl is believed in, not 0.8 of it
 *   SAME_RATE          both clocks run at the same rate
 *   TOO_SLOW           the client's clock runs at 3/4 of the service's rate: they differ by more than a quarter
 *   QUEUE              the service queues, and grants when the lock gets free, at a moment that nobody tells
 *   QUEUED_AT_ARRIVAL  ... and such a grant counts from its arrival
 *   REORDERED          ... and the service's messages may overtake each other
 *   SESSION            the lock ends with a session as well, which has a ttl of its own
 *   FORGET_SESSION     ... which the client does not count
 *   RELEASE_FIRST      the release is sent while the work goes on
 *   RELEASE_BY_NAME    a release frees the lock whoever holds it, by whichever grant
 *
 * And states that must be reachable, because a model in which nothing happens is safe, too:
 *   SEE_LONG_HOLD, SEE_HAND_OVER, SEE_QUEUED_HOLD, SEE_CONFIRMED
 */

/* In the service's ticks. */
#define TTL 5
/* In the client's: 0.8 of it. */
#ifdef FACTOR_ONE
#define BELIEF 5
#else
#define BELIEF 4
#endif

#define SLOTS 2
#define NOTHING 0

mtype:message = {
  acquire, ask, renew, release, keepalive,          /* to the service */
  granted, handed, queued, renewed, refused, alive  /* to the client; handed: granted out of the queue */
};
mtype:owner = { nobody, us, another };
mtype:phase = { idle, waiting, confirming, holding };

/* What is under way: any of it may arrive next, or be lost. */
typedef Slot {
  mtype:message kind;  /* NOTHING: the slot is empty */
  byte grant;  /* the number of the grant that it is about */
  byte age;    /* the client's ticks since the request was sent; BELIEF and more are all the same */
  bool second  /* an answer that was sent after the other slot's */
};
Slot net[SLOTS];

/* The service. */
mtype:owner owner = nobody;
byte current;  /* the number of our grant, while the lock is ours */
byte left;     /* ticks until it runs out */
bool inQueue;
byte session = TTL;

/* The client. */
mtype:phase phase = idle;
byte mine;           /* the grant that it knows of */
byte age = BELIEF;   /* its ticks since the request was sent that its belief counts from */
byte asked = BELIEF; /* ... since the last request was sent that was answered "still queued" */
byte sessionAge;     /* ... since the last request was sent that prolonged the session */

#if defined(SESSION) && !defined(FORGET_SESSION)
#define BELIEVES (phase == holding && age < BELIEF && sessionAge < BELIEF)
#else
#define BELIEVES (phase == holding && age < BELIEF)
#endif

/* When an answer says that its request was sent. */
#ifdef ANCHOR_REPLY
#define SENT(s) 0
#else
#define SENT(s) net[s].age
#endif

#define IS_REQUEST(s) (net[s].kind == acquire || net[s].kind == ask || net[s].kind == renew || net[s].kind == release || net[s].kind == keepalive)
#define IS_ANSWER(s) (net[s].kind != NOTHING && !IS_REQUEST(s))
#if defined(QUEUE) && !defined(REORDERED)
#define ARRIVES(s) (IS_ANSWER(s) && !net[s].second)
#else
#define ARRIVES(s) IS_ANSWER(s)
#endif
#define HAS_IT (phase == confirming || phase == holding)
#define OLDER(x) x = (x < BELIEF -> x + 1 : x)

/* The clocks: the client's makes `counts` ticks in the time of `per` ticks of the service's. */
byte counts, per, part;

#ifdef SEE_LONG_HOLD
byte held;
#endif
#ifdef SEE_QUEUED_HOLD
bool wasHanded;
#endif
#ifdef SEE_CONFIRMED
bool wasConfirmed;
#endif

byte k, about;

inline clear(s) {
  net[s].kind = NOTHING;
  net[s].grant = 0;
  net[s].age = 0;
  net[s].second = false;
  net[1 - s].second = false
}

/* A message without room is as good as lost. */
inline send(what, number) {
  about = number;
  k = 0;
  do
  :: k < SLOTS && net[k].kind != NOTHING -> k++
  :: else -> break
  od;
  if
  :: k < SLOTS ->
    net[k].kind = what;
    net[k].grant = about;
    net[k].second = (IS_ANSWER(k) && IS_ANSWER(1 - k))
  :: else
  fi;
  k = 0;
  about = 0
}

/* The answer goes in the slot of its request, whose age it keeps. */
inline answer(s, what) {
  net[s].kind = what;
  net[s].second = IS_ANSWER(1 - s)
}

/* Ours from now on, by a grant whose number nobody else has. */
inline giveToClient() {
  current = 1;
  do
  :: mine == current || net[0].grant == current || net[1].grant == current -> current++
  :: else -> break
  od;
  owner = us;
  left = TTL
}

inline vacate() {
  owner = nobody;
  current = 0;
  left = 0
#ifdef SEE_LONG_HOLD
  ; held = 0
#endif
}

inline forget() {
  phase = idle;
  mine = 0;
  age = BELIEF;
  asked = BELIEF
}

inline hold(since) {
  phase = holding;
  age = since
}

/* `doubted`: what came out of the queue is to be confirmed before it is believed in. */
inline receive(s, doubted) {
  if
  :: net[s].kind == granted && phase == waiting ->
    printf("client   is told of the grant: it believes from now on\n");
    mine = net[s].grant;
    hold(SENT(s));
    clear(s)
  :: net[s].kind == handed && phase == waiting ->
    mine = net[s].grant;
    clear(s);
#ifdef QUEUED_AT_ARRIVAL
    printf("client   is told of the grant: it believes from now on\n");
    hold(0)
#else
    if
    :: doubted ->
      printf("client   is told of the grant, and wants it confirmed\n");
      phase = confirming;
      age = BELIEF
    :: else ->
      printf("client   is told of the grant, which counts from the last still-queued\n");
      hold(asked)
    fi
#endif
#ifdef SEE_QUEUED_HOLD
    ; wasHanded = !doubted
#endif
  :: (net[s].kind == granted || net[s].kind == handed) && phase != waiting ->
    printf("client   does not want it any more, and gives it back\n");
    net[s].kind = release;
    net[s].age = 0;
    net[s].second = false;
    net[1 - s].second = false
  :: net[s].kind == renewed && net[s].grant == mine && HAS_IT ->
    printf("client   is told that its renewal is confirmed\n");
    /* A late answer to an older request moves nothing back. */
    if
    :: SENT(s) < age -> age = SENT(s)
    :: else
    fi;
#ifdef SEE_CONFIRMED
    wasConfirmed = (phase == confirming);
#endif
    phase = holding;
    clear(s)
  :: net[s].kind == refused && net[s].grant == mine && HAS_IT ->
    printf("client   is told that the lock is not its own any more\n");
    forget();
    clear(s)
  :: net[s].kind == queued && phase == waiting ->
    printf("client   is told that it is still queued\n");
    asked = net[s].age;
    clear(s)
  :: net[s].kind == alive ->
    printf("client   is told that its session lives\n");
    if
    :: SENT(s) < sessionAge -> sessionAge = SENT(s)
    :: else
    fi;
    clear(s)
  :: else -> clear(s)
  fi
}

active proctype Client() {
  do
  :: d_step { !HAS_IT -> printf("client   asks for the lock\n"); phase = waiting; send(acquire, 0) }
  :: d_step { phase == waiting -> printf("client   does not want it any more\n"); forget() }
#ifdef QUEUE
  :: d_step { phase == waiting -> printf("client   asks whether it is still queued\n"); send(ask, 0) }
#endif
  /* Also while an earlier renewal is unanswered. */
  :: d_step { BELIEVES || phase == confirming -> printf("client   asks for a renewal\n"); send(renew, mine) }
#ifdef RELEASE_FIRST
  :: d_step { BELIEVES -> printf("client   sends the release, and works on\n"); send(release, mine) }
#else
  :: d_step { BELIEVES || phase == confirming ->
      printf("client   stops its work, and then sends the release\n");
      send(release, mine);
      forget() }
#endif
  :: d_step { HAS_IT && !BELIEVES -> printf("client   has given up the lock\n"); forget() }
#ifdef SESSION
  :: d_step { session > 0 -> printf("client   asks for more time for its session\n"); send(keepalive, 0) }
#endif
  :: d_step { ARRIVES(0) -> receive(0, false) }
  :: d_step { ARRIVES(1) -> receive(1, false) }
#ifdef QUEUE
  :: d_step { ARRIVES(0) && net[0].kind == handed -> receive(0, true) }
  :: d_step { ARRIVES(1) && net[1].kind == handed -> receive(1, true) }
#endif
  od
}

inline serve(s) {
  if
  :: net[s].kind == acquire && owner == nobody && session > 0 ->
    printf("service  grants the lock to the client\n");
    giveToClient();
    net[s].grant = current;
    inQueue = false;
    answer(s, granted)
#ifdef QUEUE
  :: net[s].kind == acquire && owner == another ->
    printf("service  puts the client into the queue\n");
    inQueue = true;
    answer(s, queued)
  :: net[s].kind == ask && inQueue ->
    printf("service  answers: still queued\n");
    answer(s, queued)
#endif
  :: net[s].kind == renew && owner == us && net[s].grant == current ->
    printf("service  renews\n");
    left = TTL;
    answer(s, renewed)
  :: net[s].kind == renew && !(owner == us && net[s].grant == current) ->
    printf("service  refuses to renew\n");
    net[s].age = 0;
    answer(s, refused)
#ifdef RELEASE_BY_NAME
  :: net[s].kind == release && owner != nobody ->
#else
  :: net[s].kind == release && owner == us && net[s].grant == current ->
#endif
    printf("service  takes the lock back\n");
    vacate();
    clear(s)
  :: net[s].kind == keepalive && session > 0 ->
    printf("service  prolongs the session\n");
    session = TTL;
    answer(s, alive)
  :: else -> clear(s)
  fi
}

active proctype Service() {
  do
  :: d_step { IS_REQUEST(0) -> serve(0) }
  :: d_step { IS_REQUEST(1) -> serve(1) }
#ifdef QUEUE
  :: d_step { inQueue && owner == nobody ->
      printf("service  grants the lock to the client, out of the queue\n");
      giveToClient();
      inQueue = false;
      send(handed, current) }
#endif
  /* The others ask for nothing that could fail. */
  :: d_step { owner == nobody -> printf("service  grants the lock to somebody else\n"); owner = another }
  :: d_step { owner == another -> printf("service  gets it back from somebody else\n"); owner = nobody }
  od
}

active proctype Network() {
  do
  :: d_step { net[0].kind != NOTHING -> printf("network  loses a message\n"); clear(0) }
  :: d_step { net[1].kind != NOTHING -> printf("network  loses a message\n"); clear(1) }
  od
}

/* What nobody will read needs no age. */
inline grows(s) {
  if
  :: net[s].kind == NOTHING || net[s].kind == release || net[s].kind == handed || net[s].kind == refused
  :: else -> OLDER(net[s].age)
  fi
}

inline tickOfClient() {
  grows(0);
  grows(1);
  OLDER(age);
  OLDER(asked);
#ifdef SESSION
  OLDER(sessionAge);
#endif
  if
  :: phase != waiting -> asked = BELIEF
  :: else
  fi
}

active proctype Time() {
  atomic {
    if
#if defined(SAME_RATE)
    :: counts = 1; per = 1
#elif defined(TOO_SLOW)
    :: counts = 3; per = 4
#else
    :: counts = 1; per = 1
    :: counts = 4; per = 5
    :: counts = 5; per = 4
#endif
    fi;
    do
    :: part < per - 1 -> part++
    :: break
    od;
    if
    :: counts < per -> printf("clocks   the client's makes %d ticks while the service's makes %d\n", counts, per)
    :: else
    fi
  }
  do
  :: d_step {
      part = part + counts;
      do
      :: part >= per -> part = part - per; tickOfClient()
      :: else -> break
      od;
      if
      :: left > 1 -> left--
      :: left == 1 -> vacate()
      :: else
      fi;
#ifdef SESSION
      if
      :: session > 1 -> session--
      :: session == 1 ->
        session = 0;
        if
        :: owner == us -> vacate()
        :: else
        fi
      :: else
      fi;
#endif
#ifdef SEE_LONG_HOLD
      held = (owner == us && held <= TTL -> held + 1 : held);
#endif
      if
      :: phase == holding -> printf("tick     %d left of the lease; the client believes in %d of its own\n", left, BELIEF - age)
      :: else -> printf("tick     %d left of the lease\n", left)
      fi
    }
  od
}

active proctype Monitor() {
#if defined(SEE_LONG_HOLD)
  d_step { BELIEVES && held > TTL -> assert(false) }
#elif defined(SEE_HAND_OVER)
  d_step { phase == holding && owner == another -> assert(false) }
#elif defined(SEE_QUEUED_HOLD)
  d_step { BELIEVES && wasHanded -> assert(false) }
#elif defined(SEE_CONFIRMED)
  d_step { BELIEVES && wasConfirmed -> assert(false) }
#else
  d_step { BELIEVES && owner == another -> assert(false) }
#endif
}
