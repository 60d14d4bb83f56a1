//! PostgreSQL, for comparison: the same payment without a signature, in its fastest form, durable on the same disk.
//!
//! A cluster of its own in the folder of the measurement, reached over a Unix socket, with its default settings but for
//! `shared_buffers`; `fsync` and `synchronous_commit` are on. The payment is one prepared call of one function: a check, two
//! updates, one insert, one commit. Rows are locked in the order of their numbers, so that none waits for another in a circle.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::run::{CLIENTS, Run};
use crate::bench::town::Payees;
use crate::failure::{Failure, Outcome};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many clients pay at a time; the best of them counts.
const CONCURRENCIES: [usize; 5] = [8, 16, 32, 64, 128];
/// A cluster that does not answer after so long has failed.
const START_WAIT: Duration = Duration::from_secs(30);
/// It is asked again after so long.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Where distributions put the programs of a server, beside the path.
const SERVERS: &str = "/usr/lib/postgresql";

const TABLES: &str = "
create table accounts (id int primary key, balance bigint not null);
create table entries (id bigserial primary key, time timestamptz not null default now(), payer int not null, payee int not null,
    amount bigint not null);
create function pay(payer int, payee int, amount bigint) returns bigint language plpgsql as $$
declare entry bigint;
begin
    if payer > payee then
        update accounts set balance = balance + pay.amount where id = pay.payee;
    end if;
    update accounts set balance = balance - pay.amount where id = pay.payer and balance >= pay.amount;
    if not found then
        raise exception 'not enough';
    end if;
    if payer < payee then
        update accounts set balance = balance + pay.amount where id = pay.payee;
    end if;
    insert into entries (payer, payee, amount) values (pay.payer, pay.payee, pay.amount) returning id into entry;
    return entry;
end $$;
";

/// Measures, when it is asked for and installed.
pub fn measure(run: &mut Run, wanted: bool) -> Outcome {
    if wanted {
        compare(run)?;
    }
    let figures = &mut run.figures;
    // Each at its best: this one in batches of a thousand, that one with as many clients as it likes best.
    figures.ratio_of("to_postgres", "batch_http_per_s", "postgres_per_s", Reach::Least(1.3, 1.3));
    figures.ratio_of("to_postgres_hot", "hot_batch_http_per_s", "postgres_hot_per_s", Reach::Least(8.0, 8.0));
    let (single, hot) = ("single_http_per_s_beside_postgres", "hot_single_http_per_s_beside_postgres");
    figures.ratio_of("single_to_postgres", single, "postgres_per_s", Reach::Least(1.3, 1.3));
    figures.ratio_of("single_to_postgres_hot", hot, "postgres_hot_per_s", Reach::Told);
    Ok(())
}

fn compare(run: &mut Run) -> Outcome {
    let parent = run.town.folder.parent().unwrap_or(&run.town.folder).to_owned();
    let cluster = Cluster::start(&parent)?;
    let members = run.town.members();
    let (spread, hot) = (cluster.script("spread", SPREAD, members)?, cluster.script("hot", HOT, members)?);
    let fill =
        format!("{TABLES} insert into accounts select id, 1000000000 from generate_series(1, {members} + 1) id; vacuum analyze;");
    cluster.ask(&fill)?;
    let (mut ours, mut ours_hot, mut best, mut best_hot) = (Rounds::default(), Rounds::default(), 0.0_f64, 0.0_f64);
    for clients in CONCURRENCIES {
        let seconds = run.size.seconds.ceil() as usize * if run.size.entries.is_some() { 1 } else { 2 };
        let rate = cluster.rate(&spread, clients, seconds)?;
        best = best.max(run.figures.figure(format!("postgres_per_s_with_{clients}_clients"), rate, "1/s"));
        let rate = cluster.rate(&hot, clients, seconds)?;
        best_hot = best_hot.max(run.figures.figure(format!("postgres_hot_per_s_with_{clients}_clients"), rate, "1/s"));
        let [payments, to_shop] = [Payees::Spread, Payees::Shop].map(|payees| run.town.payments(run.round, payees));
        ours.push(run.singles(&payments, CLIENTS, None)?.0);
        ours_hot.push(run.singles(&to_shop, CLIENTS, None)?.0);
    }
    run.figures.figure("postgres_per_s", best, "1/s");
    run.figures.figure("postgres_hot_per_s", best_hot, "1/s");
    run.figures.figure("single_http_per_s_beside_postgres", ours, "1/s");
    run.figures.figure("hot_single_http_per_s_beside_postgres", ours_hot, "1/s");
    Ok(())
}

/// Every account pays any other.
const SPREAD: &str = "\\set payer random(1, :members)\n\\set payee (:payer + random(0, :members - 2)) % :members + 1\n";
/// Every account pays the one after all others.
const HOT: &str = "\\set payer random(1, :members)\n\\set payee :members + 1\n";
const PAY: &str = "select pay(:payer, :payee, 1);\n";

/// A cluster of its own, until it is dropped.
struct Cluster {
    folder: PathBuf,
    sockets: PathBuf,
    owner: Option<(u32, u32)>,
    server: Child,
}

impl Cluster {
    fn start(parent: &Path) -> Outcome<Cluster> {
        let folder = parent.join("postgres");
        // The name of a socket is short, and the folder of the measurement may be deep.
        let sockets = std::env::temp_dir().join(format!("liard-bench-{}", std::process::id()));
        let owner = owner(parent)?;
        for made in [&folder, &sockets] {
            let make =
                fs::create_dir(made).and_then(|()| owner.map_or(Ok(()), |(user, group)| chown(made, Some(user), Some(group))));
            make.map_err(|error| Failure::file("make for PostgreSQL the folder", made, &error))?;
        }
        let data = folder.join("data");
        let mut made = command("initdb", owner)?;
        made.args(["--username=liard", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"]).arg(&data);
        told(made.current_dir(&folder), "make a cluster")?;
        let mut server = command("postgres", owner)?;
        server.current_dir(&folder).arg("-D").arg(&data).arg("-k").arg(&sockets).args(["-c", "listen_addresses="]);
        server.args(["-c", "shared_buffers=256MB", "-c", "synchronous_commit=on", "-c", "max_connections=200"]);
        let server = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = server.map_err(|error| Failure::new(format!("PostgreSQL does not start: {error}")))?;
        let cluster = Cluster { folder, sockets, owner, server };
        let began = Instant::now();
        while let Err(failure) = cluster.ask("select 1") {
            if began.elapsed() > START_WAIT {
                return Err(failure);
            }
            std::thread::sleep(ASK_AGAIN);
        }
        Ok(cluster)
    }

    fn client(&self, program: &str) -> Outcome<Command> {
        let mut client = command(program, self.owner)?;
        client.current_dir(&self.folder).arg("--host").arg(&self.sockets).args(["--username=liard"]);
        Ok(client)
    }

    fn ask(&self, words: &str) -> Outcome<String> {
        let mut asked = self.client("psql")?;
        // One statement after the other: some may not stand in a transaction.
        asked.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", "--file=-"]);
        let file = self.folder.join("asked.sql");
        fs::write(&file, words).map_err(|error| Failure::file("write", &file, &error))?;
        let input = fs::File::open(&file).map_err(|error| Failure::file("read", &file, &error))?;
        told(asked.stdin(input), "ask PostgreSQL")
    }

    fn script(&self, name: &str, draw: &str, members: usize) -> Outcome<PathBuf> {
        let file = self.folder.join(name);
        let text = format!("\\set members {members}\n{draw}{PAY}");
        fs::write(&file, text).map_err(|error| Failure::file("write", &file, &error))?;
        Ok(file)
    }

    /// Payments a second of so many clients. One that was refused is a mistake of the measurement.
    fn rate(&self, script: &Path, clients: usize, seconds: usize) -> Outcome<f64> {
        let mut bench = self.client("pgbench")?;
        let threads = clients.min(crate::cores::count());
        bench.args(["--no-vacuum", "--protocol=prepared", "--file"]).arg(script);
        bench.args([format!("--client={clients}"), format!("--jobs={threads}"), format!("--time={seconds}")]).arg("postgres");
        let text = told(&mut bench, "measure PostgreSQL")?;
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        let whole = text.lines().all(|line| !line.starts_with("number of failed transactions") || line.contains(": 0 "));
        rate.filter(|_| whole).ok_or_else(|| Failure::new(format!("PostgreSQL's own measurement makes no sense: {text}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = command("pg_ctl", self.owner).and_then(|mut stop| {
            stop.current_dir(&self.folder).args(["stop", "-m", "immediate", "-D"]).arg(self.folder.join("data"));
            told(&mut stop, "stop PostgreSQL")
        });
        if stop.is_err() {
            drop(self.server.kill());
        }
        drop(self.server.wait());
        drop(fs::remove_dir_all(&self.sockets));
    }
}

/// Who runs the server: nobody else than us, but for root, whom PostgreSQL refuses.
fn owner(folder: &Path) -> Outcome<Option<(u32, u32)>> {
    let failed = |error| Failure::file("look at", folder, &error);
    if fs::metadata(folder).map_err(failed)?.uid() != 0 {
        return Ok(None);
    }
    let people = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let person = |name: &str| {
        let mut fields = people.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = person("postgres").or_else(|| person("nobody"));
    found.map(Some).ok_or_else(|| Failure::new("PostgreSQL does not run as root, and nobody else is known here"))
}

/// One of PostgreSQL's programs.
fn command(name: &str, owner: Option<(u32, u32)>) -> Outcome<Command> {
    let mut places: Vec<PathBuf> =
        fs::read_dir(SERVERS).map(|list| list.flatten().map(|e| e.path().join("bin")).collect()).unwrap_or_default();
    places.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    places.extend(std::env::split_paths(&path));
    let found = places.into_iter().map(|place| place.join(name)).find(|program| program.exists());
    let missing = || Failure::new(format!("PostgreSQL is not installed here: there is no program `{name}`"));
    let mut command = Command::new(found.ok_or_else(missing)?);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// What a program said; a failure with its words when it failed.
fn told(command: &mut Command, what: &str) -> Outcome<String> {
    let ran = command.output().map_err(|error| Failure::new(format!("could not {what}: {error}")))?;
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
    }
    let name = Path::new(command.get_program()).file_name().map(OsStr::to_string_lossy).unwrap_or_default().into_owned();
    Err(Failure::new(format!("could not {what} with {name}: {}", String::from_utf8_lossy(&ran.stderr).trim())))
}
