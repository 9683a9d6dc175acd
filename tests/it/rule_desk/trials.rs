//! Trials of a change, and the screening after it: what is counted is what is taken off, the newest first.

use menhu::flow::rule_edit::Edit;
use menhu::flow::{job, rule_trial, rules};
use menhu::model::{Action, Status};
use menhu::store::TrialState;

use super::{Bed, on_both, word};
use crate::testapp::person;

on_both!(
    a_word_is_tried_on_everything_and_takes_off_what_it_hit,
    an_exception_is_tried_as_the_whole_set,
    many_items_are_screened_again_in_batches,
    what_was_read_and_is_gone_is_held,
    figures_are_counted_with_the_items,
);

async fn a_word_is_tried_on_everything_and_takes_off_what_it_hit(bed: Bed) {
    let old = bed.published("old", "麒 麟工程简介", "旧文。").await;
    let clean = bed.published("clean", "通知", "本周六开放参观。").await;
    let new = bed.published("new", "通知", "关于麒麟工\u{200b}程的安排。").await;
    bed.queued("waits", "通知", "麒麟工程二期。").await;
    let edits = [word("麒麟工程", Action::Block)];
    let trial = rules::try_edits(bed.desk(), &bed.app.base.verifier, &person("baomi"), &edits).await.unwrap();
    bed.try_all().await;
    let course = bed.desk().rule_trial(&trial).await.unwrap().unwrap().course;
    assert_eq!(course.state, TrialState::Done, "{}", course.error);
    assert_eq!((course.total, course.seen), (4, 4));
    assert_eq!((course.hits, course.withdrawn, course.waiting_hits), (2, 2, 1));
    let shown = rule_trial::shown(&course).unwrap();
    assert_eq!(shown.iter().map(|hit| hit.item.clone()).take(2).collect::<Vec<_>>(), [new.clone(), old.clone()]);
    assert_eq!((shown[0].before.as_str(), shown[0].text.as_str()), ("关于", "麒麟工\u{200b}程"));
    assert!(bed.on_site(&old).await && bed.on_site(&new).await, "a trial changes nothing");

    let number = bed.propose(&edits).await;
    bed.try_all().await;
    assert_eq!(rule_trial::named(bed.desk(), Some(number)).await.unwrap(), [new.clone(), old.clone()]);
    let id = bed.approve(number).await.unwrap();
    bed.app.drain().await;
    for item in [&old, &new] {
        assert!(!bed.on_site(item).await);
        assert_eq!(bed.row(item).await.status, Status::Quarantined);
    }
    assert!(bed.on_site(&clean).await);
    assert_eq!(bed.row(&clean).await.rule_set, id);
    let course = bed.desk().rescreen_course(&id).await.unwrap().unwrap();
    assert!(course.finished.is_some());
    assert_eq!(course.withdrawn, 2);
    assert_eq!(course.screened, course.total);
}

async fn an_exception_is_tried_as_the_whole_set(bed: Bed) {
    bed.published("a", "通知", "本周六开放参观。").await;
    let negative = "市委常委会审议后发布拟任人选任职前公告";
    let edit =
        Edit::AddException {
            rule: "GZ-0001".into(), phrase: "拟任人选任职前公告".into(), negative: negative.into()
        };
    assert!(!bed.app.base.screener.scan(&[segment(negative)], &[]).findings.is_empty(), "it is held before");
    let number = bed.propose(std::slice::from_ref(&edit)).await;
    bed.try_all().await;
    let course = bed.desk().rule_trial_of(number).await.unwrap().unwrap().course;
    assert_eq!((course.state, course.seen, course.hits), (TrialState::Done, 1, 0));
    bed.approve(number).await.unwrap();
    rules::refresh(bed.desk(), &bed.app.base.verifier, &bed.app.base.screener).await.unwrap();
    assert!(bed.app.base.screener.scan(&[segment(negative)], &[]).findings.is_empty());
    assert!(!bed.app.base.screener.scan(&[segment("市委常委会研究了拟任人选")], &[]).findings.is_empty());
    let figures = bed.desk().rule_figures(30).await.unwrap();
    assert_eq!(figures.iter().find(|figure| figure.rule == "GZ-0001").unwrap().false_hits, 1);
}

fn segment(text: &str) -> menhu::model::Segment {
    menhu::model::Segment::new(menhu::model::Field::Body, "", text)
}

async fn many_items_are_screened_again_in_batches(bed: Bed) {
    for number in 0..600 {
        let text = if number % 100 == 7 { "麒麟工程进展。" } else { "例行通知。" };
        bed.queued(&format!("item-{number:04}"), &format!("通知第{number}号"), text).await;
    }
    let shown = bed.published("shown", "通知", "本周六开放参观。").await;
    let before = bed.row(&shown).await.updated;
    bed.app.later(std::time::Duration::from_secs(3600));
    let number = bed.propose(&[word("麒麟工程", Action::Hold)]).await;
    let id = bed.approve(number).await.unwrap();
    bed.app.drain_kind(&[job::RESCREEN, job::INDEX]).await;
    assert_eq!(bed.desk().count_of_older_rules(&id).await.unwrap(), 0);
    let held = bed.app.items().await.into_iter().filter(|row| row.status == Status::Quarantined).count();
    assert_eq!(held, 6);
    assert_eq!(bed.row(&shown).await.updated, before, "what did not change keeps its place in lists");
    assert!(bed.on_site(&shown).await);
}

async fn what_was_read_and_is_gone_is_held(bed: Bed) {
    let lost = bed.published("old-lost", "通知", "本周六开放参观。").await;
    let kept = bed.published("kept", "通知", "本周日开放参观。").await;
    let blob = bed.row(&lost).await.segments.unwrap();
    assert_eq!(bed.row(&kept).await.segments, Some(blob), "both were read with nothing beside");
    assert!(bed.app.base.blobs.remove(&blob).await.unwrap());
    let number = bed.propose(&[word("麒麟工程", Action::Hold)]).await;
    bed.approve(number).await.unwrap();
    bed.app.drain_kind(&[job::RESCREEN, job::INDEX]).await;
    assert_eq!(bed.row(&lost).await.status, Status::Quarantined, "nobody can say what was in it");
    assert!(!bed.on_site(&lost).await);
    assert!(bed.on_site(&kept).await, "its text is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_cannot_be_screened_stops_no_other() {
    let bed = Bed::sqlite().await;
    let broken = bed.queued("old-broken", "通知", "本周六开放参观。").await.id;
    let other = bed.queued("old-other", "通知", "麒麟工程进展。").await.id;
    let change = "UPDATE items SET content = content || ' ' WHERE id = 'old-broken'";
    bed.app.behind_the_back("desk/desk.sqlite", change).await;
    let number = bed.propose(&[word("麒麟工程", Action::Hold)]).await;
    let id = bed.approve(number).await.unwrap();
    bed.app.drain_kind(&[job::RESCREEN, job::INDEX]).await;
    assert_eq!(bed.row(&other).await.status, Status::Quarantined);
    assert_eq!(bed.desk().count_of_older_rules(&id).await.unwrap(), 1);
    let jobs = bed.desk().jobs(None, 100).await.unwrap();
    let failed = jobs.iter().find(|found| found.kind == job::RESCREEN).unwrap();
    assert!(failed.last_error.contains(broken.as_str()), "{}", failed.last_error);
}

async fn figures_are_counted_with_the_items(bed: Bed) {
    bed.queued("one", "通知", "机密★5年\n请按规定管理。").await;
    bed.queued("two", "通知", "绝密★长期").await;
    let marking = |figures: Vec<menhu::store::RuleFigures>| {
        figures.into_iter().find(|figure| figure.rule == "BM-0001").map(|figure| figure.blocked)
    };
    assert_eq!(marking(bed.desk().rule_figures(30).await.unwrap()), Some(2));
    bed.app.later(std::time::Duration::from_secs(40 * 86_400));
    assert_eq!(marking(bed.desk().rule_figures(30).await.unwrap()), None);
    assert_eq!(marking(bed.desk().rule_figures(365).await.unwrap()), Some(2));
}
