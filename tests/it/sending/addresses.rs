//! Addresses with Chinese in them: the domain goes as the DNS has it, and the rest where the server takes it.

use entity::person;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Ground, fate};
use crate::harness::{Backend, Smtp};

/// One person whose domain is Chinese, one whose name before the @ is, one who has neither.
async fn ground(smtp: &Smtp) -> Ground {
    let url = smtp.url();
    let app = Ground::people(Backend::Sqlite, 3, |config| config.mail.url = url).await;
    for (staff_no, address) in [("H01", "h01@科技局.测试"), ("H02", "干部@example.test")] {
        let row = person::Entity::update_many().filter(person::Column::StaffNo.eq(staff_no));
        row.col_expr(person::Column::Email, Expr::value(address)).exec(app.db.write()).await.unwrap();
    }
    Ground::publish(app).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_chinese_reach_a_server_that_takes_them() {
    let smtp = Smtp::up();
    let ground = ground(&smtp).await;
    ground.deliver(10).await;
    let mut taken: Vec<_> = smtp.accepted().into_iter().map(|mail| (mail.to[0].clone(), mail.utf8)).collect();
    taken.sort();
    let sent = [("h01@xn--dgt58lv2v.xn--0zwm56d", false), ("h03@example.test", false), ("干部@example.test", true)];
    assert_eq!(taken, sent.map(|(to, utf8)| (to.to_owned(), utf8)));
    let to = |raw: Vec<u8>| {
        let text = String::from_utf8(raw).unwrap();
        text.lines().find(|line| line.starts_with("To: ")).unwrap().to_owned()
    };
    for mail in smtp.accepted() {
        assert!(to(smtp.raw(&mail)).contains(&mail.to[0]), "the header says the same");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_chinese_are_given_up_with_the_reason_where_they_cannot_go() {
    let smtp = Smtp::up();
    smtp.behave("ascii");
    let ground = ground(&smtp).await;
    ground.deliver(10).await;
    let shown = ground.shown().await;
    let (state, attempts, answer) = fate(&shown["干部@example.test"]);
    assert_eq!((state, attempts), ("dead", 1));
    assert!(answer.contains("SMTPUTF8"), "{answer}");
    assert_eq!(fate(&shown["h01@科技局.测试"]).0, "sent", "a domain needs no more than ASCII");
    assert_eq!(fate(&shown["h03@example.test"]).0, "sent");
}
